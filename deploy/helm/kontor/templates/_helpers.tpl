{{/* Names, labels and the parts of a pod that all six processes share. `ctx` is (dict "root" $ "name" <process>). */}}

{{- define "kontor.backends" -}}contacts campaigns tickets privacy{{- end }}
{{- define "kontor.web" -}}portal gateway{{- end }}

{{- define "kontor.isWeb" -}}
{{- if has .name (splitList " " (include "kontor.web" .root)) }}yes{{ end }}
{{- end }}

{{/* Kubelets ask for health in the clear, so behind TLS it has a door of its own. */}}
{{- define "kontor.healthPort" -}}{{ if .root.Values.grpc.tlsSecret }}50052{{ else }}{{ include "kontor.port" . }}{{ end }}{{- end }}

{{- define "kontor.port" -}}{{ if include "kontor.isWeb" . }}8000{{ else }}50051{{ end }}{{- end }}

{{- define "kontor.selector" -}}
app.kubernetes.io/name: kontor
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "kontor.labels" -}}
{{ include "kontor.selector" . }}
app.kubernetes.io/part-of: kontor
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "kontor.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- define "kontor.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* One variable whose value stays in the process's existing Secret; add "var" and "key" to ctx, and "optional" if it may lack. */}}
{{- define "kontor.secretVar" -}}
- name: {{ .var }}
  valueFrom:
    secretKeyRef:
      name: {{ (index .root.Values .name).existingSecret }}
      key: {{ .key }}
      {{- if .optional }}
      optional: true
      {{- end }}
{{- end }}

{{/* One plain variable; an empty value is left out, so that the process's own default holds. */}}
{{- define "kontor.plainVar" -}}
{{- if .value }}
- name: {{ .var }}
  value: {{ .value | toString | quote }}
{{- end }}
{{- end }}

{{/* Health as the kubelet asks for it; add "probe" (liveness, readiness, startup) to ctx. */}}
{{- define "kontor.probe" -}}
{{- if include "kontor.isWeb" . }}
httpGet:
  path: {{ eq .probe "readiness" | ternary "/readyz" "/healthz" }}
  port: {{ include "kontor.port" . }}
{{- else }}
grpc:
  port: {{ include "kontor.healthPort" . }}
  {{- if eq .probe "liveness" }}
  # Only whether the process turns: an outage of its database must not restart it.
  service: live
  {{- end }}
{{- end }}
timeoutSeconds: 5
{{- if eq .probe "startup" }}
# Two minutes: a first start waits for its engines.
periodSeconds: 2
failureThreshold: 60
{{- else }}
periodSeconds: 10
failureThreshold: {{ eq .probe "liveness" | ternary 6 2 }}
{{- end }}
{{- end }}
