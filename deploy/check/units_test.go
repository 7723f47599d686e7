package check_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestUnits: systemd's own checker takes the units, and finds little that they may do.
func TestUnits(t *testing.T) {
	_, err := exec.LookPath("systemd-analyze")
	require(t, err == nil, "there is no systemd-analyze; apt install systemd")
	units, err := filepath.Glob("../systemd/*.service")
	if err != nil || len(units) != 2 {
		t.Fatalf("%v %v", units, err)
	}
	dir := t.TempDir()
	for _, unit := range append(units, "../systemd/bapsang-backup.timer") {
		data, err := os.ReadFile(unit)
		if err != nil {
			t.Fatal(err)
		}
		// The program is not installed where the tests run.
		text := strings.ReplaceAll(string(data), "/usr/local/bin/bapsang", "/bin/true")
		write(t, filepath.Join(dir, filepath.Base(unit)), text)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("systemd-analyze", append([]string{"verify", "--man=no", "--recursive-errors=no"}, files...)...).CombinedOutput()
	if said := strings.TrimSpace(string(out)); err != nil || strings.Contains(said, "bapsang") {
		t.Errorf("verify: %v\n%s", err, said)
	}
	exposure := regexp.MustCompile(`Overall exposure level for \S+: ([\d.]+)`)
	for _, unit := range units {
		out, err := exec.Command("systemd-analyze", "security", "--offline=yes", "--no-pager", filepath.Join(dir, filepath.Base(unit))).CombinedOutput()
		found := exposure.FindSubmatch(out)
		if found == nil {
			t.Fatalf("security: %v\n%s", err, out)
		}
		if level, err := strconv.ParseFloat(string(found[1]), 64); err != nil || level > 2 {
			t.Errorf("%s is exposed at %s of 10, want 2 at most:\n%s", unit, found[1], out)
		}
	}
}

// TestUnitStopsInTime: the unit is given the time that a pod is given.
func TestUnitStopsInTime(t *testing.T) {
	data, err := os.ReadFile("../systemd/bapsang.service")
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(string(data), "\n"); !slices.Contains(lines, "TimeoutStopSec=45") || !slices.Contains(lines, "RestrictNamespaces=user net ipc") {
		t.Error("the unit kills what stops, or keeps query processes from namespaces of their own")
	}
}
