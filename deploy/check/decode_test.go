package check_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/santhosh-tekuri/jsonschema/v6"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	syaml "sigs.k8s.io/yaml"
)

// object returns an empty object of a kind, nil for one that no chart of ours should have.
func object(apiVersion, kind string) any {
	switch apiVersion + "/" + kind {
	case "v1/ConfigMap":
		return &core.ConfigMap{}
	case "v1/Service":
		return &core.Service{}
	case "v1/ServiceAccount":
		return &core.ServiceAccount{}
	case "v1/PersistentVolumeClaim":
		return &core.PersistentVolumeClaim{}
	case "v1/Pod":
		return &core.Pod{}
	case "apps/v1/Deployment":
		return &apps.Deployment{}
	case "apps/v1/StatefulSet":
		return &apps.StatefulSet{}
	case "batch/v1/Job":
		return &batch.Job{}
	case "autoscaling/v2/HorizontalPodAutoscaler":
		return &autoscaling.HorizontalPodAutoscaler{}
	case "policy/v1/PodDisruptionBudget":
		return &policy.PodDisruptionBudget{}
	case "networking.k8s.io/v1/NetworkPolicy":
		return &networking.NetworkPolicy{}
	case "networking.k8s.io/v1/Ingress":
		return &networking.Ingress{}
	case "monitoring.coreos.com/v1/ServiceMonitor":
		return &monitoring.ServiceMonitor{}
	case "monitoring.coreos.com/v1/PodMonitor":
		return &monitoring.PodMonitor{}
	case "monitoring.coreos.com/v1/PrometheusRule":
		return &monitoring.PrometheusRule{}
	}
	return nil
}

// decode decodes strictly: a key that the type does not have is an error, and so is one
// that stands twice.
func decode[T any](t *testing.T, m manifest) T {
	t.Helper()
	into, ok := object(m.meta.APIVersion, m.meta.Kind).(T)
	if !ok {
		t.Fatalf("%s: %v is no %T", m.file, m, into)
	}
	if err := syaml.UnmarshalStrict(m.json, into); err != nil {
		t.Fatalf("%s: %v: %v", m.file, m, err)
	}
	return into
}

func TestObjectsAreKubernetesOwn(t *testing.T) {
	scaled := customResource(t, "keda.sh_scaledobjects.yaml", "v1alpha1")
	seen := map[string]bool{}
	for name, r := range renderings(t) {
		t.Run(name, func(t *testing.T) {
			names := map[string]bool{}
			for _, m := range manifests(t, r) {
				seen[m.meta.Kind] = true
				if names[m.String()] {
					t.Errorf("%s: there are two of %v", m.file, m)
				}
				names[m.String()] = true
				if len(m.meta.Metadata.Name) > 63 {
					t.Errorf("%v: the name is longer than 63", m)
				}
				if m.meta.Kind == "ScaledObject" {
					validate(t, scaled, m)
					continue
				}
				into := decode[any](t, m)
				if into == nil {
					t.Errorf("%s: %s %s is none of the kinds that are checked", m.file, m.meta.APIVersion, m.meta.Kind)
					continue
				}
				roundTrip(t, m, into)
			}
		})
	}
	for _, kind := range []string{
		"ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Ingress", "Job", "NetworkPolicy", "PodDisruptionBudget", "Pod",
		"PrometheusRule", "ScaledObject", "Service", "ServiceAccount", "ServiceMonitor", "StatefulSet",
	} {
		if !seen[kind] {
			t.Errorf("no values render a %s, so nothing checks it", kind)
		}
	}
}

// roundTrip finds values that the types read as something else, such as a key that is
// dropped because it stands in the wrong case.
func roundTrip(t *testing.T, m manifest, into any) {
	t.Helper()
	back, err := json.Marshal(into)
	if err != nil {
		t.Fatal(err)
	}
	var was, is any
	for _, one := range []struct {
		data []byte
		into *any
	}{{m.json, &was}, {back, &is}} {
		if err := json.Unmarshal(one.data, one.into); err != nil {
			t.Fatal(err)
		}
	}
	lost(t, m, "", was, is)
}

// lost reports what was given and did not survive. Empty values need not.
func lost(t *testing.T, m manifest, path string, was, is any) {
	t.Helper()
	switch was := was.(type) {
	case map[string]any:
		got, ok := is.(map[string]any)
		if !ok && len(was) > 0 {
			t.Errorf("%v: %s is lost", m, path)
			return
		}
		for k, v := range was {
			lost(t, m, path+"."+k, v, got[k])
		}
	case []any:
		got, ok := is.([]any)
		if !ok && len(was) > 0 || len(got) != len(was) {
			t.Errorf("%v: %s is lost", m, path)
			return
		}
		for i, v := range was {
			lost(t, m, path+"[]", v, got[i])
		}
	case string:
		if s, ok := is.(string); was != "" && (!ok || s != was) && !sameQuantity(was, is) {
			t.Errorf("%v: %s is %q and was read as %v", m, path, was, is)
		}
	case bool, float64:
		if zero := was == false || was == 0.0; !zero && was != is {
			t.Errorf("%v: %s is %v and was read as %v", m, path, was, is)
		}
	}
}

// sameQuantity: "1000m" and "1" are one quantity.
func sameQuantity(was string, is any) bool {
	s, ok := is.(string)
	if !ok {
		return false
	}
	a, err := resource.ParseQuantity(was)
	if err != nil {
		return false
	}
	b, err := resource.ParseQuantity(s)
	return err == nil && a.Cmp(b) == 0
}

// customResource compiles the schema that a version of a custom resource's definition
// publishes, and closes it: what it does not name is refused. Kubernetes itself would drop
// it without a word.
func customResource(t *testing.T, file, version string) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "crds", file))
	if err != nil {
		t.Fatal(err)
	}
	var crd struct {
		Spec struct {
			Versions []struct {
				Name   string `json:"name"`
				Schema struct {
					OpenAPIV3Schema map[string]any `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := syaml.Unmarshal(data, &crd); err != nil {
		t.Fatal(err)
	}
	for _, v := range crd.Spec.Versions {
		if v.Name != version {
			continue
		}
		shut(v.Schema.OpenAPIV3Schema)
		v.Schema.OpenAPIV3Schema["properties"].(map[string]any)["metadata"] = map[string]any{"type": "object"}
		c := jsonschema.NewCompiler()
		if err := c.AddResource(file, v.Schema.OpenAPIV3Schema); err != nil {
			t.Fatal(err)
		}
		schema, err := c.Compile(file)
		if err != nil {
			t.Fatal(err)
		}
		return schema
	}
	t.Fatalf("%s has no version %s", file, version)
	return nil
}

// shut closes every object of a schema that names its properties.
func shut(node any) {
	switch node := node.(type) {
	case map[string]any:
		_, named := node["properties"]
		_, open := node["x-kubernetes-preserve-unknown-fields"]
		if named && !open {
			node["additionalProperties"] = false
		}
		delete(node, "format") // Kubernetes' formats are not JSON Schema's
		for k, v := range node {
			if k != "properties" {
				shut(v)
				continue
			}
			for _, p := range v.(map[string]any) {
				shut(p)
			}
		}
	case []any:
		for _, v := range node {
			shut(v)
		}
	}
}

func validate(t *testing.T, schema *jsonschema.Schema, m manifest) {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(m.json))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s: %v: %v", m.file, m, err)
	}
}

// TestStrictness: the judges themselves refuse.
func TestStrictness(t *testing.T) {
	if err := syaml.UnmarshalStrict([]byte(`{"spec": {"replica": 1}}`), &apps.Deployment{}); err == nil {
		t.Error("a key that a Deployment does not have was read")
	}
	scaled := customResource(t, "keda.sh_scaledobjects.yaml", "v1alpha1")
	for text, fine := range map[string]bool{
		`{"spec": {"scaleTargetRef": {"name": "x"}, "triggers": [{"type": "cpu", "metadata": {}}]}}`:                  true,
		`{"spec": {"scaleTargetRef": {"name": "x"}, "triggers": [{"type": "cpu", "metadata": {}}], "minReplica": 1}}`: false,
		`{"spec": {"scaleTargetRef": {"name": "x"}, "triggers": [{"type": "cpu", "metadata": {"a": 1}}]}}`:            false,
	} {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
		if err != nil {
			t.Fatal(err)
		}
		if err := scaled.Validate(value); (err == nil) != fine {
			t.Errorf("%s: %v", text, err)
		}
	}
}
