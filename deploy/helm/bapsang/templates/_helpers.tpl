{{/* Names. A release called bapsang is not bapsang-bapsang. */}}
{{- define "bapsang.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "bapsang.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "bapsang.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "bapsang.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "bapsang.selector" -}}
app.kubernetes.io/name: {{ include "bapsang.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "bapsang.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "bapsang.selector" . }}
app.kubernetes.io/version: {{ default .Chart.AppVersion .Values.image.tag | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: bapsang
{{- end -}}

{{- define "bapsang.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "bapsang.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "bapsang.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* bapsang.yaml: what the values say, and what the pods' shape decides. */}}
{{- define "bapsang.config" -}}
{{- $store := dict "driver" "postgres" "dsn" "${DATABASE_URL}" -}}
{{- if eq .Values.mode "embedded" -}}{{- $store = dict "driver" "bolt" -}}{{- end -}}
{{- $config := mergeOverwrite (dict "store" (default $store (get .Values.config "store"))) (omit (deepCopy .Values.config) "store") (dict "listen" "${BAPSANG_LISTEN}" "data_dir" "/var/lib/bapsang") -}}
{{- toYaml $config -}}
{{- end -}}

{{/* What cannot work is said here, and not by pods that do not start. */}}
{{- define "bapsang.validate" -}}
{{- if not .Values.config.sources -}}
{{- fail "config.sources is empty: name at least one database or folder to answer from" -}}
{{- end -}}
{{- $driver := dig "store" "driver" "" .Values.config -}}
{{- if and (eq .Values.mode "fleet") (eq $driver "bolt") -}}
{{- fail "config.store.driver bolt is one file for one process: use mode embedded, or PostgreSQL" -}}
{{- end -}}
{{- if and (eq .Values.mode "embedded") (not (or (eq $driver "") (eq $driver "bolt"))) -}}
{{- fail (printf "mode embedded keeps everything on a volume: config.store.driver %s belongs to mode fleet" $driver) -}}
{{- end -}}
{{- if not .Values.existingSecret -}}
{{- $known := dict "BAPSANG_LISTEN" true -}}
{{- range concat .Values.secretEnv .Values.env -}}{{- $_ := set $known .name true -}}{{- end -}}
{{- range regexFindAll "\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}" (include "bapsang.config" .) -1 -}}
{{- $name := . | trimPrefix "${" | trimSuffix "}" -}}
{{- if not (hasKey $known $name) -}}
{{- fail (printf "config speaks of ${%s}, and nothing gives it: set existingSecret, or name %s in secretEnv" $name $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The key of a path: keys of a ConfigMap have no slashes, and two paths never one key. */}}
{{- define "bapsang.fileKey" -}}
{{- printf "%s.%s" (. | sha256sum | trunc 8) (regexReplaceAll "[^-._a-zA-Z0-9]" . "_" | trunc 200) -}}
{{- end -}}

{{/* The environment: context {root, env, listen}. */}}
{{- define "bapsang.env" -}}
env:
  - name: BAPSANG_LISTEN
    value: {{ .listen | quote }}
  {{- range .root.Values.secretEnv }}
  - name: {{ .name }}
    valueFrom:
      secretKeyRef:
        name: {{ .secret }}
        key: {{ .key }}
  {{- end }}
  {{- with concat .root.Values.env .env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .root.Values.existingSecret }}
envFrom:
  - secretRef:
      name: {{ . }}
{{- end }}
{{- end -}}

{{/* What a container may do: nothing. */}}
{{- define "bapsang.containerSecurity" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Volumes of the configuration: context root, or of the copy that hooks use. */}}
{{- define "bapsang.configVolumes" -}}
- name: config
  projected:
    defaultMode: 0444
    sources:
      - configMap:
          name: {{ .name }}
          items:
            - key: bapsang.yaml
              path: bapsang.yaml
            {{- range $path, $_ := .root.Values.files }}
            - key: {{ include "bapsang.fileKey" $path }}
              path: {{ $path | quote }}
            {{- end }}
{{- range .root.Values.secretFiles }}
- name: secret-{{ .name }}
  secret:
    secretName: {{ .secret }}
    defaultMode: 0440
{{- end }}
{{- with .root.Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "bapsang.configMounts" -}}
- name: config
  mountPath: /etc/bapsang
  readOnly: true
{{- range .Values.secretFiles }}
- name: secret-{{ .name }}
  mountPath: /etc/bapsang-secrets/{{ .name }}
  readOnly: true
{{- end }}
{{- range .Values.extraVolumeMounts }}
- {{ mergeOverwrite (dict "readOnly" true) . | toYaml | nindent 2 | trim }}
{{- end }}
{{- end -}}

{{/* A pod of the server: context {root, component, of (values of the role), role, data}. */}}
{{- define "bapsang.pod" -}}
{{- $root := .root -}}
{{- $of := .of -}}
{{- $fronted := gt (int $of.front.port) 0 -}}
{{- $port := ternary (int $of.front.port) 8080 $fronted -}}
metadata:
  annotations:
    # New words in the ConfigMap are new pods.
    checksum/config: {{ printf "%s%s" (include "bapsang.config" $root) (toYaml $root.Values.files) | sha256sum }}
    {{- with $root.Values.restartToken }}
    bapsang/restart: {{ . | quote }}
    {{- end }}
    {{- with $of.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  labels:
    {{- with $of.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- include "bapsang.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
    bapsang/serves: "true"
spec:
  serviceAccountName: {{ include "bapsang.serviceAccountName" $root }}
  # Nothing here calls Kubernetes.
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- if ne $root.Values.hostUsers nil }}
  hostUsers: {{ $root.Values.hostUsers }}
  {{- end }}
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml $root.Values.podSecurityContext | nindent 4 }}
  terminationGracePeriodSeconds: {{ $root.Values.terminationGracePeriodSeconds }}
  {{- with $of.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  containers:
    - name: bapsang
      image: {{ include "bapsang.image" $root }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args:
        - serve
        - --config=/etc/bapsang/bapsang.yaml
        - --drain={{ $root.Values.drainSeconds }}s
        {{- with .role }}
        - --roles={{ . }}
        {{- end }}
        {{- range $of.args }}
        - {{ . | quote }}
        {{- end }}
      {{- include "bapsang.env" (dict "root" $root "env" $of.env "listen" (ternary "127.0.0.1:8080" ":8080" $fronted)) | nindent 6 }}
      {{- if not $fronted }}
      ports:
        - name: http
          containerPort: 8080
          protocol: TCP
      {{- end }}
      startupProbe:
        httpGet: {path: /healthz, port: {{ $port }}}
        {{- toYaml $root.Values.probes.startup | nindent 8 }}
      readinessProbe:
        httpGet: {path: /readyz, port: {{ $port }}}
        {{- toYaml $root.Values.probes.readiness | nindent 8 }}
      livenessProbe:
        httpGet: {path: /healthz, port: {{ $port }}}
        {{- toYaml $root.Values.probes.liveness | nindent 8 }}
      resources:
        {{- toYaml $of.resources | nindent 8 }}
      securityContext:
        {{- include "bapsang.containerSecurity" $root | nindent 8 }}
      volumeMounts:
        {{- include "bapsang.configMounts" $root | nindent 8 }}
        - name: data
          mountPath: /var/lib/bapsang
        - name: tmp
          mountPath: /tmp
    {{- if $fronted }}
    - {{ mergeOverwrite (deepCopy $of.front.container) (dict "ports" (list (dict "name" "http" "containerPort" $port "protocol" "TCP"))) | toYaml | nindent 6 | trim }}
    {{- end }}
  {{- with .spread }}
  topologySpreadConstraints:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with $of.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $of.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $of.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumes:
    {{- include "bapsang.configVolumes" (dict "root" $root "name" (include "bapsang.fullname" $root)) | nindent 4 }}
    {{- with .data }}
    - name: data
      {{- . | nindent 6 }}
    {{- end }}
    - name: tmp
      emptyDir:
        sizeLimit: {{ $of.scratch.tmp }}
{{- end -}}
