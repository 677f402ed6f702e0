{{/* Building blocks of the network policies. */}}

{{/* A label selector for the named processes of this release. */}}
{{- define "kontor.members" -}}
matchLabels:
  app.kubernetes.io/name: kontor
  app.kubernetes.io/instance: {{ .root.Release.Name }}
matchExpressions:
  - key: app.kubernetes.io/component
    operator: In
    values: [{{ join ", " .names }}]
{{- end }}

{{/* One rule to an engine outside the chart: {port, to}. */}}
{{- define "kontor.engine" -}}
- ports: [{port: {{ .port }}, protocol: TCP}]
  {{- with .to }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Names are resolved, the named engines are reached, and telemetry leaves only where a collector is set. */}}
{{- define "kontor.egress" -}}
- ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
{{- $all := .root.Values.networkPolicy.engines }}
{{- range .engines }}
{{ include "kontor.engine" (index $all .) }}
{{- end }}
{{- if .root.Values.otlpEndpoint }}
{{ include "kontor.engine" $all.otlp }}
{{- end }}
{{- end }}
