package files

// readTime reads "15:30", "15:30:00.5", "오후 3:05", "3:05 PM", "15시 30분" and a
// zone behind it.
func (m *moment) readTime(t *tokens) bool {
	t.spaces()
	pm, am := t.takeWord("오후", "pm"), false
	if !pm {
		am = t.takeWord("오전", "am")
	}
	t.spaces()
	hour, ok := t.take('0')
	if !ok || hour.size > 2 {
		return false
	}
	var minute, second token
	switch {
	case t.takeWord("시"):
		minute, second = t.worded("분"), t.worded("초")
	case t.peek(0).kind == ':':
		t.i++
		if minute, ok = t.take('0'); !ok || minute.size != 2 {
			return false
		}
		if _, ok := t.take(':'); ok {
			if second, ok = t.take('0'); !ok || second.size != 2 {
				return false
			}
			m.readMicro(t)
		}
	default:
		return false
	}
	t.spaces()
	if !pm && !am {
		pm = t.takeWord("pm", "오후")
		am = !pm && t.takeWord("am", "오전")
	}
	return m.setTime(hour.num, minute.num, second.num, am, pm) && m.readZone(t)
}

// worded takes "30분" for the word "분"; nothing when it is not there.
func (t *tokens) worded(word string) token {
	save := t.i
	t.spaces()
	tok, ok := t.take('0')
	t.spaces()
	if ok && t.takeWord(word) {
		return tok
	}
	t.i = save
	return token{}
}

func (m *moment) readMicro(t *tokens) {
	if t.peek(0).kind != '.' || t.peek(1).kind != '0' {
		return
	}
	frac := t.peek(1)
	t.i += 2
	for ; frac.size < 6; frac.size++ {
		frac.num *= 10
	}
	for ; frac.size > 6; frac.size-- {
		frac.num /= 10
	}
	m.micro = frac.num
}

func (m *moment) setTime(h, mi, s int, am, pm bool) bool {
	if am || pm {
		if h > 12 {
			am, pm = false, false // "오후 15:05" is written, and clear
		}
		switch {
		case am && h == 12:
			h = 0
		case pm && h < 12:
			h += 12
		}
	}
	m.hasTime, m.sec = true, h*3600+mi*60+s
	return h < 24 && mi < 60 && s < 60
}

// readZone reads "Z", "UTC", "KST" and "+09:00".
func (m *moment) readZone(t *tokens) bool {
	t.spaces()
	switch {
	case t.takeWord("z", "utc", "gmt"):
		m.hasZone = true
	case t.takeWord("kst"):
		m.hasZone, m.zone = true, 9*3600
	case t.peek(0).kind == '+' || t.peek(0).kind == '-':
		sign := 1
		if t.peek(0).kind == '-' {
			sign = -1
		}
		t.i++
		h, ok := t.take('0')
		if !ok {
			return false
		}
		var mi token
		if h.size == 4 {
			h.num, mi.num = h.num/100, h.num%100
		} else if _, ok := t.take(':'); ok {
			mi, ok = t.take('0')
			if !ok {
				return false
			}
		}
		m.hasZone, m.zone = true, sign*(h.num*3600+mi.num*60)
		return h.num <= 14 && mi.num < 60
	}
	return true
}
