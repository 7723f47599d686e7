package calendar

import "math"

// New moons are those of Jean Meeus, Astronomical Algorithms, 2nd edition (1998).
// Instants are Julian days; "dynamical" ones differ from universal time by ΔT, a bit
// over a minute in this century.

// j2000 is the Julian day of 2000-01-01 12:00.
const j2000 = 2451545.0

// term is coefficient × sin(m·M + p·M′ + f·F), times E to the power e.
type term struct {
	coefficient float64
	m, p, f     float64
	e           int
}

// newMoonTerms are the periodic terms of the true new moon, chapter 49. M is the
// sun's anomaly, M′ the moon's, F the moon's argument of latitude.
var newMoonTerms = []term{
	{-0.40720, 0, 1, 0, 0}, {0.17241, 1, 0, 0, 1}, {0.01608, 0, 2, 0, 0},
	{0.01039, 0, 0, 2, 0}, {0.00739, -1, 1, 0, 1}, {-0.00514, 1, 1, 0, 1},
	{0.00208, 2, 0, 0, 2}, {-0.00111, 0, 1, -2, 0}, {-0.00057, 0, 1, 2, 0},
	{0.00056, 1, 2, 0, 1}, {-0.00042, 0, 3, 0, 0}, {0.00042, 1, 0, 2, 1},
	{0.00038, 1, 0, -2, 1}, {-0.00024, -1, 2, 0, 1}, {-0.00007, 2, 1, 0, 0},
	{0.00004, 0, 2, -2, 0}, {0.00004, 3, 0, 0, 0}, {0.00003, 1, 1, -2, 0},
	{0.00003, 0, 2, 2, 0}, {-0.00003, 1, 1, 2, 0}, {0.00003, -1, 1, 2, 0},
	{-0.00002, -1, 1, -2, 0}, {-0.00002, 1, 3, 0, 0}, {0.00002, 0, 4, 0, 0},
}

// planetTerms are the corrections for the planets, chapter 49: coefficient × sin(a + b·k).
var planetTerms = [][3]float64{
	{0.000165, 251.88, 0.016321}, {0.000164, 251.83, 26.651886}, {0.000126, 349.42, 36.412478},
	{0.000110, 84.66, 18.206239}, {0.000062, 141.74, 53.303771}, {0.000060, 207.14, 2.453732},
	{0.000056, 154.84, 7.306860}, {0.000047, 34.52, 27.261239}, {0.000042, 207.19, 0.121824},
	{0.000040, 291.34, 1.844379}, {0.000037, 161.72, 24.198154}, {0.000035, 239.56, 25.513099},
	{0.000023, 331.55, 3.592518},
}

// newMoon returns the Julian day (universal time) of the k-th new moon since that of
// 2000-01-06.
func newMoon(k int) float64 {
	n := float64(k)
	t := n / 1236.85
	e := 1 - 0.002516*t - 0.0000074*t*t
	m := 2.5534 + 29.10535670*n - 0.0000014*t*t
	p := 201.5643 + 385.81693528*n + 0.0107582*t*t + 0.00001238*t*t*t
	f := 160.7108 + 390.67050284*n - 0.0016118*t*t - 0.00000227*t*t*t
	node := 124.7746 - 1.56375588*n + 0.0020672*t*t
	jd := 2451550.09766 + 29.530588861*n + 0.00015437*t*t - 0.000000150*t*t*t
	for _, x := range newMoonTerms {
		jd += x.coefficient * math.Pow(e, float64(x.e)) * sin(x.m*m+x.p*p+x.f*f)
	}
	jd -= 0.00017 * sin(node)
	jd += 0.000325 * sin(299.77+0.107408*n-0.009173*t*t)
	for _, x := range planetTerms {
		jd += x[0] * sin(x[1]+x[2]*n)
	}
	return jd - deltaT(jd)
}

// sunTerms are the periodic terms of the sun's longitude: coefficient × sin(a + b·t), in
// units of 1e-7 radians, with t in centuries.
var sunTerms = [][3]float64{
	{403406, 270.54861, 0.9287892}, {195207, 340.19128, 35999.1376958}, {119433, 63.91854, 35999.4089666},
	{112392, 331.26220, 35998.7287385}, {3891, 317.843, 71998.20261}, {2819, 86.631, 71998.4403},
	{1721, 240.052, 36000.35726}, {660, 310.26, 71997.4812}, {350, 247.23, 32964.4678},
	{334, 260.87, -19.4410}, {314, 297.82, 445267.1117}, {268, 343.14, 45036.8840},
	{242, 166.79, 3.1008}, {234, 81.53, 22518.4434}, {158, 3.50, -19.9739},
	{132, 132.75, 65928.9345}, {129, 182.95, 9038.0293}, {114, 162.03, 3034.7684},
	{99, 29.8, 33718.148}, {93, 266.4, 3034.448}, {86, 249.2, -2280.773},
	{78, 157.6, 29929.992}, {72, 257.8, 31556.493}, {68, 185.1, 149.588},
	{64, 69.9, 9037.750}, {46, 8.0, 107997.405}, {38, 197.1, -4444.176},
	{37, 250.4, 151.771}, {32, 65.3, 67555.316}, {29, 162.7, 31556.080},
	{28, 341.5, -4561.540}, {27, 291.6, 107996.706}, {27, 98.5, 1221.655},
	{25, 146.7, 62894.167}, {24, 110.0, 31437.369}, {21, 5.2, 14578.298},
	{21, 342.6, -31931.757}, {20, 230.9, 34777.243}, {18, 256.1, 1221.999},
	{17, 45.3, 62894.511}, {14, 242.9, -4442.039}, {13, 115.2, 107997.909},
	{13, 151.8, 119.066}, {13, 285.3, 16859.071}, {12, 53.3, -4.578},
	{10, 126.6, 26895.292}, {10, 205.7, -39.127}, {10, 85.9, 12297.536},
	{10, 146.1, 90073.778},
}

// sunLongitude returns the sun's apparent ecliptic longitude in degrees, 0 ≤ λ < 360,
// at a Julian day (universal time). The series is that of P. Bretagnon and J.-L. Simon,
// Planetary Programs and Tables from −4000 to +2800 (1986). Meeus's short one (chapter
// 25) is a quarter of an hour off at times: it puts the solstice of 2023, at 23:57 in
// Seoul, on the next day.
func sunLongitude(jd float64) float64 {
	t := (jd + deltaT(jd) - j2000) / 36525
	sum := 0.0
	for _, x := range sunTerms {
		sum += x[0] * sin(x[1]+x[2]*t)
	}
	longitude := 282.7771834 + 36000.76953744*t + sum*1e-7*180/math.Pi
	longitude += 0.0000974*cos(177.63+35999.01848*t) - 0.005575                                                 // aberration
	longitude += -0.004778*sin(124.90-1934.134*t+0.002063*t*t) - 0.0003667*sin(201.11+72001.5377*t+0.00057*t*t) // nutation
	return math.Mod(math.Mod(longitude, 360)+360, 360)
}

// solarTerm returns the Julian day (universal time) in year at which the sun reaches
// longitude.
func solarTerm(year int, longitude float64) float64 {
	// The sun stands at 280° on January 1 and moves about 0.9856° a day.
	ahead := math.Mod(longitude-280+360, 360)
	jd := j2000 + float64(year-2000)*365.2425 + ahead/360*365.2425
	for range 8 {
		off := math.Mod(longitude-sunLongitude(jd)+540, 360) - 180
		jd += off / 360 * 365.2425
	}
	return jd
}

// deltaT is the difference of dynamical and universal time in days: 64 s in 2000 and
// 69 s since 2017, kept there because the earth's rotation has not slowed since.
func deltaT(jd float64) float64 {
	year := 2000 + (jd-j2000)/365.25
	seconds := 63.86 + 0.32*(year-2000)
	return math.Min(math.Max(seconds, 63), 69.2) / 86400
}

func sin(degrees float64) float64 { return math.Sin(degrees * math.Pi / 180) }

func cos(degrees float64) float64 { return math.Cos(degrees * math.Pi / 180) }
