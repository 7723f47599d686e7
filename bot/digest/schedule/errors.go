package schedule

import (
	"fmt"
	"time"
)

// Code is why a schedule is refused.
type Code string

// The codes.
const (
	Unreadable Code = "unreadable" // the text is no schedule
	NoZone     Code = "no_zone"    // the time zone is not known
	Never      Code = "never"      // it is not due within ten years
	TooOften   Code = "too_often"  // more often than is allowed
)

// Error is why a schedule is refused.
type Error struct {
	Code  Code
	Text  string        // what was to be read
	Least time.Duration // of TooOften: the shortest time allowed between two runs
	Err   error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("schedule %q: %s: %v", e.Text, e.Code, e.Err)
	}
	return fmt.Sprintf("schedule %q: %s", e.Text, e.Code)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Sentence says the error to whoever wrote the schedule.
func (e *Error) Sentence(language string) string {
	if language == "ko" {
		switch e.Code {
		case NoZone:
			return fmt.Sprintf("‘%s’라는 시간대를 몰라요. `Asia/Seoul`처럼 적어 주세요.", e.Text)
		case Never:
			return "그런 날은 앞으로 10년 안에 없어요. 날짜를 다시 봐 주세요."
		case TooOften:
			return fmt.Sprintf("너무 자주예요. %s에 한 번보다 자주 보낼 수는 없어요.", spanKo(e.Least))
		}
		return "언제 보낼지 알아듣지 못했어요. ‘매주 월요일 9시’처럼 적어 주세요."
	}
	switch e.Code {
	case NoZone:
		return fmt.Sprintf("I do not know the time zone “%s”. Please write it like `Asia/Seoul`.", e.Text)
	case Never:
		return "There is no such day within ten years. Please look at the date again."
	case TooOften:
		return fmt.Sprintf("That is too often: at most once every %s.", spanEn(e.Least))
	}
	return "I could not read when to send it. Please write it like “every Monday at 9”."
}

func spanKo(d time.Duration) string {
	if d%time.Hour == 0 {
		return fmt.Sprintf("%d시간", d/time.Hour)
	}
	return fmt.Sprintf("%d분", d/time.Minute)
}

func spanEn(d time.Duration) string {
	switch {
	case d == time.Hour:
		return "hour"
	case d%time.Hour == 0:
		return fmt.Sprintf("%d hours", d/time.Hour)
	case d == time.Minute:
		return "minute"
	}
	return fmt.Sprintf("%d minutes", d/time.Minute)
}
