package check_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// pod is what an object makes pods from.
type pod struct {
	of       string // of whom
	labels   map[string]string
	spec     core.PodSpec
	selector *meta.LabelSelector // nil where nothing selects
	server   bool                // stays up and is asked
}

// pods are those that a release makes.
func pods(t *testing.T, all []manifest) []pod {
	t.Helper()
	var out []pod
	for _, m := range all {
		switch m.meta.Kind {
		case "Deployment":
			d := decode[*apps.Deployment](t, m)
			out = append(out, pod{m.String(), d.Spec.Template.Labels, d.Spec.Template.Spec, d.Spec.Selector, true})
		case "StatefulSet":
			s := decode[*apps.StatefulSet](t, m)
			out = append(out, pod{m.String(), s.Spec.Template.Labels, s.Spec.Template.Spec, s.Spec.Selector, true})
		case "Job":
			j := decode[*batch.Job](t, m)
			out = append(out, pod{m.String(), j.Spec.Template.Labels, j.Spec.Template.Spec, nil, false})
		case "Pod":
			p := decode[*core.Pod](t, m)
			out = append(out, pod{m.String(), p.Labels, p.Spec, nil, false})
		}
	}
	if len(out) == 0 {
		t.Fatal("no pods")
	}
	return out
}

func TestContainersMayDoNothing(t *testing.T) {
	for name, r := range renderings(t) {
		t.Run(name, func(t *testing.T) {
			all := manifests(t, r)
			for _, p := range pods(t, all) {
				checkPod(t, p)
				for _, c := range slices.Concat(p.spec.InitContainers, p.spec.Containers) {
					checkContainer(t, p, c)
				}
			}
		})
	}
}

func checkPod(t *testing.T, p pod) {
	t.Helper()
	if p.spec.AutomountServiceAccountToken == nil || *p.spec.AutomountServiceAccountToken {
		t.Errorf("%s: has a token of Kubernetes' in it", p.of)
	}
	s := p.spec.SecurityContext
	switch {
	case s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.RunAsUser == nil || *s.RunAsUser == 0:
		t.Errorf("%s: may run as root", p.of)
	case s.SeccompProfile == nil || s.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault:
		t.Errorf("%s: no seccomp profile", p.of)
	}
	if p.spec.HostNetwork || p.spec.HostPID || p.spec.HostIPC {
		t.Errorf("%s: shares the host's namespaces", p.of)
	}
	volumes := map[string]bool{}
	for _, v := range p.spec.Volumes {
		volumes[v.Name] = true
		if v.HostPath != nil {
			t.Errorf("%s: volume %s is a folder of the host", p.of, v.Name)
		}
		if v.EmptyDir != nil && v.EmptyDir.SizeLimit == nil {
			t.Errorf("%s: volume %s may fill its node", p.of, v.Name)
		}
	}
	for _, c := range p.spec.Containers {
		for _, m := range c.VolumeMounts {
			if !volumes[m.Name] && !(m.Name == "data" && strings.HasPrefix(p.of, "StatefulSet")) {
				t.Errorf("%s: %s mounts %s, which is no volume", p.of, c.Name, m.Name)
			}
		}
	}
}

func checkContainer(t *testing.T, p pod, c core.Container) {
	t.Helper()
	at := p.of + ", container " + c.Name
	s := c.SecurityContext
	switch {
	case s == nil:
		t.Errorf("%s: no security context", at)
		return
	case s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation, s.Privileged != nil && *s.Privileged:
		t.Errorf("%s: may gain privileges", at)
	case s.RunAsNonRoot != nil && !*s.RunAsNonRoot, s.RunAsUser != nil && *s.RunAsUser == 0:
		t.Errorf("%s: may run as root", at)
	case s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem:
		t.Errorf("%s: may write into its image", at)
	case s.Capabilities == nil || !slices.Equal(s.Capabilities.Drop, []core.Capability{"ALL"}) || len(s.Capabilities.Add) > 0:
		t.Errorf("%s: keeps capabilities", at)
	}
	for _, kind := range []core.ResourceName{core.ResourceCPU, core.ResourceMemory} {
		if q := c.Resources.Requests[kind]; q.IsZero() {
			t.Errorf("%s: requests no %s", at, kind)
		}
	}
	if limit, asked := c.Resources.Limits[core.ResourceMemory], c.Resources.Requests[core.ResourceMemory]; limit.IsZero() || limit.Cmp(asked) < 0 {
		t.Errorf("%s: its memory has no limit above the request", at)
	}
	for _, e := range c.Env {
		if e.ValueFrom != nil && e.Value != "" || e.ValueFrom == nil && secretName(e.Name) {
			t.Errorf("%s: the variable %s holds a secret", at, e.Name)
		}
	}
	if !p.server {
		return
	}
	if c.StartupProbe == nil || c.ReadinessProbe == nil || c.LivenessProbe == nil {
		t.Errorf("%s: lacks a probe", at)
		return
	}
	ports := map[int32]bool{}
	for _, one := range p.spec.Containers {
		for _, port := range one.Ports {
			ports[port.ContainerPort] = true
		}
	}
	for _, probe := range []*core.Probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe} {
		if probe.HTTPGet == nil || !ports[probe.HTTPGet.Port.IntVal] {
			t.Errorf("%s: a probe asks a port that no container has", at)
		}
	}
}

// secretName reports whether a variable is called like a secret.
func secretName(name string) bool {
	for _, word := range strings.Split(name, "_") {
		switch word {
		case "TOKEN", "SECRET", "PASSWORD", "KEY", "DSN":
			return true
		}
	}
	return name == "DATABASE_URL"
}

// TestNoSecrets: a chart makes none, and no text of it looks like one.
func TestNoSecrets(t *testing.T) {
	for name, r := range renderings(t) {
		t.Run(name, func(t *testing.T) {
			for _, m := range manifests(t, r) {
				if m.meta.Kind == "Secret" {
					t.Errorf("%s: %v", m.file, m)
				}
				for _, sign := range []string{"xoxb-", "xapp-", "sk-", "BEGIN PRIVATE", "BEGIN RSA"} {
					if strings.Contains(string(m.json), sign) {
						t.Errorf("%s: %v holds %s…", m.file, m, sign)
					}
				}
			}
		})
	}
}

// TestWhoSelectsWhom: every selector finds the pods that it is for, and no others.
func TestWhoSelectsWhom(t *testing.T) {
	for name, r := range renderings(t) {
		t.Run(name, func(t *testing.T) {
			all := manifests(t, r)
			made := pods(t, all)
			finds := func(m manifest, s *meta.LabelSelector) []string {
				t.Helper()
				selector, err := meta.LabelSelectorAsSelector(s)
				if err != nil {
					t.Fatalf("%v: %v", m, err)
				}
				var out []string
				for _, p := range made {
					if selector.Matches(labels.Set(p.labels)) {
						out = append(out, p.of)
					}
				}
				if len(out) == 0 {
					t.Errorf("%s: %v selects nobody", m.file, m)
				}
				return out
			}
			walled := map[string]bool{}
			for _, m := range all {
				switch m.meta.Kind {
				case "Deployment", "StatefulSet":
					p := made[slices.IndexFunc(made, func(p pod) bool { return p.of == m.String() })]
					if got := finds(m, p.selector); !slices.Equal(got, []string{m.String()}) {
						t.Errorf("%v selects %v", m, got)
					}
				case "PodDisruptionBudget":
					if got := finds(m, decode[*policy.PodDisruptionBudget](t, m).Spec.Selector); len(got) != 1 || !strings.HasPrefix(got[0], "Deployment") {
						t.Errorf("%v selects %v", m, got)
					}
				case "NetworkPolicy":
					for _, of := range finds(m, &decode[*networking.NetworkPolicy](t, m).Spec.PodSelector) {
						walled[of] = true
					}
				case "Service":
					checkService(t, m, made)
				}
			}
			for _, p := range made {
				if !walled[p.of] {
					t.Errorf("no network policy selects %s", p.of)
				}
			}
			checkTargets(t, all)
		})
	}
}

// checkService: a Service has a port that every pod it finds has, and finds no job.
func checkService(t *testing.T, m manifest, made []pod) {
	t.Helper()
	s := decode[*core.Service](t, m)
	found := 0
	for _, p := range made {
		if !labels.SelectorFromSet(s.Spec.Selector).Matches(labels.Set(p.labels)) {
			continue
		}
		found++
		if !p.server {
			t.Errorf("%v selects %s, which serves nothing", m, p.of)
		}
		for _, port := range s.Spec.Ports {
			if !slices.ContainsFunc(p.spec.Containers, func(c core.Container) bool {
				return slices.ContainsFunc(c.Ports, func(has core.ContainerPort) bool {
					return has.Name == port.TargetPort.StrVal && has.Name != "" || has.ContainerPort == port.TargetPort.IntVal
				})
			}) {
				t.Errorf("%v: %s has no port %s", m, p.of, port.TargetPort.String())
			}
		}
	}
	if found == 0 {
		t.Errorf("%v selects nobody", m)
	}
}

// checkTargets: what names another object names one that there is.
func checkTargets(t *testing.T, all []manifest) {
	t.Helper()
	there := map[string]bool{}
	for _, m := range all {
		there[m.String()] = true
	}
	for _, m := range all {
		switch m.meta.Kind {
		case "HorizontalPodAutoscaler":
			if ref := decode[*autoscaling.HorizontalPodAutoscaler](t, m).Spec.ScaleTargetRef; !there[ref.Kind+" "+ref.Name] {
				t.Errorf("%v scales %s %s, which is not there", m, ref.Kind, ref.Name)
			}
		case "Ingress":
			for _, rule := range decode[*networking.Ingress](t, m).Spec.Rules {
				for _, path := range rule.HTTP.Paths {
					if !there["Service "+path.Backend.Service.Name] {
						t.Errorf("%v leads to %s, which is not there", m, path.Backend.Service.Name)
					}
				}
			}
		case "StatefulSet":
			if s := decode[*apps.StatefulSet](t, m); !there["Service "+s.Spec.ServiceName] {
				t.Errorf("%v has no Service %s", m, s.Spec.ServiceName)
			}
		}
	}
	for _, p := range pods(t, all) {
		for _, v := range p.spec.Volumes {
			for _, name := range configMaps(v) {
				if !there["ConfigMap "+name] {
					t.Errorf("%s reads ConfigMap %s, which is not there", p.of, name)
				}
			}
		}
	}
}

func configMaps(v core.Volume) (names []string) {
	if v.ConfigMap != nil {
		names = append(names, v.ConfigMap.Name)
	}
	if v.Projected != nil {
		for _, s := range v.Projected.Sources {
			if s.ConfigMap != nil {
				names = append(names, s.ConfigMap.Name)
			}
		}
	}
	return names
}

// TestStopping: a pod is given the time that stopping takes: to be noticed, then 5 s for
// requests, 10 s for questions and as much again for the rest (cmd/bapsang/cli).
func TestStopping(t *testing.T) {
	for name, r := range renderings(t) {
		if r.chart != bapsangChart {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, p := range pods(t, manifests(t, r)) {
				if !p.server {
					continue
				}
				var drain int64
				for _, arg := range p.spec.Containers[0].Args {
					if _, err := fmt.Sscanf(arg, "--drain=%ds", &drain); err == nil {
						break
					}
				}
				if need := drain + 5 + 10 + 10; p.spec.TerminationGracePeriodSeconds == nil || *p.spec.TerminationGracePeriodSeconds < need {
					t.Errorf("%s is killed before the %d s that stopping may take", p.of, need)
				}
			}
		})
	}
}

// TestRoles: each Deployment of a fleet runs one role, and all four are there.
func TestRoles(t *testing.T) {
	got := map[string]string{}
	for _, m := range manifests(t, rendering{bapsangChart, bapsangChart + "/ci/fleet-values.yaml"}) {
		if m.meta.Kind != "Deployment" {
			continue
		}
		d := decode[*apps.Deployment](t, m)
		for _, arg := range d.Spec.Template.Spec.Containers[0].Args {
			if role, ok := strings.CutPrefix(arg, "--roles="); ok {
				got[d.Name] = role
			}
		}
		if r := d.Spec.Strategy.RollingUpdate; r == nil || r.MaxUnavailable.IntVal != 0 || r.MaxSurge.IntVal == 0 {
			t.Errorf("%v takes pods away before new ones are ready", m)
		}
	}
	want := map[string]string{"lunch-bapsang-chat": "chat", "lunch-bapsang-worker": "worker", "lunch-bapsang-scheduler": "scheduler", "lunch-bapsang-console": "console"}
	if !maps.Equal(got, want) {
		t.Errorf("roles are %v, want %v", got, want)
	}
}

// TestNewConfigurationIsNewPods: a change of what is in the ConfigMap changes every pod.
func TestNewConfigurationIsNewPods(t *testing.T) {
	sums := func(change func(values map[string]any)) map[string]string {
		values := readValues(t, bapsangChart+"/ci/fleet-values.yaml")
		change(values)
		files, err := render(bapsangChart, values)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, line := range strings.Split(files["bapsang/templates/deployments.yaml"], "\n") {
			if sum, ok := strings.CutPrefix(strings.TrimSpace(line), "checksum/config: "); ok {
				out[fmt.Sprint(len(out))] = sum
			}
		}
		return out
	}
	same, again := sums(func(map[string]any) {}), sums(func(map[string]any) {})
	if len(same) != 4 || !maps.Equal(same, again) {
		t.Fatalf("sums of one configuration are %v and %v", same, again)
	}
	for what, change := range map[string]func(map[string]any){
		"config": func(v map[string]any) { v["config"].(map[string]any)["timezone"] = "Asia/Tokyo" },
		"files":  func(v map[string]any) { v["files"].(map[string]any)["sales.csv"] = "day\n" },
	} {
		for i, sum := range sums(change) {
			if sum == same[i] {
				t.Errorf("a change of %s leaves pod %s as it was", what, i)
			}
		}
	}
}
