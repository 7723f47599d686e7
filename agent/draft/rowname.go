package draft

import (
	"slices"
	"strings"

	"github.com/bapsang/bapsang/agent/semantic"
	"github.com/bapsang/bapsang/connectors"
)

// chooseName marks the field by which people call a row, joining first and last
// names where people have those.
func (d *drafter) chooseName(t *table) {
	var first, last *column
	var best *column
	score := 0
	for _, c := range t.columns {
		switch sentence(c.Name) {
		case "first name":
			first = c
		case "last name":
			last = c
		}
		if s := nameScore(t, c); s > score {
			best, score = c, s
		}
	}
	if first != nil && last != nil {
		t.ds.Fields = append(t.ds.Fields, &semantic.Field{
			Name:       "full_name",
			Expression: map[string]string{dialect: quoteColumn(first.Name) + " || ' ' || " + quoteColumn(last.Name)},
			Label:      semantic.Label{Ko: "이름", En: "Name"}, Synonyms: []string{"성명", "full name"},
			Kind: semantic.Categorical, IsName: true,
		})
		return
	}
	if best == nil {
		best = t.numbered()
	}
	if best != nil {
		best.field.IsName = true
	}
}

// numbered is the key of people, places or things that have no name, and go by their numbers:
// stores are told apart by store_id. Nil where the rows are something else.
func (t *table) numbered() *column {
	if t.entity == nil || t.entity.role != person && t.entity.role != place && t.entity.role != thing || len(t.PrimaryKey) != 1 || len(t.en) == 0 {
		return nil
	}
	for _, c := range t.columns {
		if c.field.Kind == semantic.Categorical && (slices.Contains(t.en, sentence(c.words)) || slices.Contains(t.ko, c.said)) {
			return c // city of cities
		}
	}
	described := func(c *column) bool {
		return c.field.Kind == semantic.Categorical && c.exact && c.concept.role == thing
	}
	if slices.ContainsFunc(t.columns, described) {
		return nil // people say the make and the model of a car, not its number
	}
	for _, c := range t.columns {
		if c.Name != t.PrimaryKey[0] || c.field.Hidden || c.field.Kind != semantic.Identifier {
			continue
		}
		if strings.EqualFold(c.field.Label.En, "id") {
			c.field.Label = semantic.Label{En: capital(t.en[0]) + " ID"}
			if len(t.ko) > 0 {
				c.field.Label.Ko = t.ko[0] + " 번호"
			}
		}
		return c
	}
	return nil
}

// isFirm reports whether rows may be companies, which go by the names of those.
func (t *table) isFirm() bool {
	return t.entity != nil && slices.Contains(l("고객", "거래처", "배송업체", "회원", "구매자", "판매자", "가맹점"), t.entity.ko[0])
}

func nameScore(t *table, c *column) int {
	if c.Kind != connectors.KindText || c.field.Kind != semantic.Categorical && !nameLike(c.said) || c.field.Hidden || !nameLike(c.said) {
		return 0
	}
	w := split(c.said)
	var s int
	stem := strings.Join(w[:len(w)-1], "")
	entity := strings.ToLower(strings.Join(split(t.words), ""))
	switch {
	case len(w) == 1 && !isKorean(c.said), c.said == "이름", c.said == "성명":
		s = 50
	case t.isFirm() && slices.Contains(l("company", "business", "organization", "firm"), stem) && c.Profile != nil && c.Profile.Distinct*10 > t.Rows*9:
		s = 45
	case stem != "" && (strings.Contains(entity, singular(stem)) || strings.Contains(singular(stem), singular(entity))):
		s = 60
	case isKorean(c.said) && strings.HasPrefix(entity, strings.TrimSuffix(strings.TrimSuffix(c.said, "명"), "이름")):
		s = 60
	case isKorean(c.said) && slices.Contains(t.ko, strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(c.said, "명"), "이름"))):
		s = 60 // 부서명 in TB_DEPT_MST
	default:
		// Another thing's name, in a table that is about something else.
		return 0
	}
	if c.Profile != nil && c.Profile.Unique {
		s += 20
	}
	return s
}
