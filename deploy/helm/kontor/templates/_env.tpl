{{/* The environment of each process; a test compares every name here with the process's settings class. */}}

{{- define "kontor.migrateEnv" -}}
{{ include "kontor.secretVar" (merge (dict "var" "KONTOR_DATABASE_URL" "key" "database-url") .) }}
{{- end }}

{{- define "kontor.env" -}}
{{- $ctx := . }}{{ $values := .root.Values }}
- name: KONTOR_LISTEN
  value: "0.0.0.0:{{ include "kontor.port" . }}"
- name: KONTOR_OIDC_ISSUER
  value: {{ $values.oidc.issuer | quote }}
- name: KONTOR_CLIENT_ID
  value: kontor-{{ .name }}
- name: KONTOR_LOG_LEVEL
  value: {{ $values.logLevel }}
{{- include "kontor.plainVar" (dict "var" "KONTOR_OTLP_ENDPOINT" "value" $values.otlpEndpoint) }}
{{- range $backend := splitList " " (include "kontor.backends" .root) }}
- name: KONTOR_{{ upper $backend }}_TARGET
  value: {{ $ctx.root.Release.Name }}-{{ $backend }}:{{ include "kontor.port" (dict "root" $ctx.root "name" $backend) }}
{{- end }}
{{- range $var, $key := dict "KONTOR_DATABASE_URL" "database-url" "KONTOR_CLIENT_SECRET" "client-secret" "KONTOR_SECRET_KEY" "secret-key" }}
{{ include "kontor.secretVar" (merge (dict "var" $var "key" $key) $ctx) }}
{{- end }}
{{- if include "kontor.isWeb" . }}
- name: KONTOR_PUBLIC_URL
  value: {{ (index $values .name).publicUrl | quote }}
{{- else }}
- name: KONTOR_AUDIENCE
  value: kontor-{{ .name }}
{{- range $var, $key := dict "KONTOR_NATS_URL" "nats-url" "KONTOR_SIGNING_KEY" "signing-key" }}
{{ include "kontor.secretVar" (merge (dict "var" $var "key" $key) $ctx) }}
{{- end }}
{{- end }}
{{- if eq .name "campaigns" }}{{ include "kontor.campaignsEnv" . }}{{ end }}
{{- if eq .name "privacy" }}{{ include "kontor.privacyEnv" . }}{{ end }}
{{- end }}

{{- define "kontor.campaignsEnv" }}
- name: KONTOR_SMTP_HOST
  value: {{ .root.Values.campaigns.smtp.host | quote }}
- name: KONTOR_SMTP_PORT
  value: {{ .root.Values.campaigns.smtp.port | quote }}
- name: KONTOR_MAIL_FROM
  value: {{ .root.Values.campaigns.mailFrom | quote }}
- name: KONTOR_PORTAL_URL
  value: {{ .root.Values.portal.publicUrl | quote }}
{{- include "kontor.plainVar" (dict "var" "KONTOR_RELAY_EVIDENCE_URL" "value" .root.Values.campaigns.relayEvidenceUrl) }}
{{- end }}

{{- define "kontor.privacyEnv" }}
- name: KONTOR_HOLDER_KEYS
  value: {{ .root.Values.privacy.holderKeys | toJson | quote }}
- name: KONTOR_SUPPRESSION_KEY_ID
  value: {{ .root.Values.privacy.suppressionKeyId | quote }}
- name: KONTOR_STREAM_REPLICAS
  value: {{ .root.Values.privacy.streamReplicas | quote }}
{{- range $key, $value := .root.Values.privacy.controller }}
{{- include "kontor.plainVar" (dict "var" (printf "KONTOR_CONTROLLER_%s" (snakecase $key | upper)) "value" $value) }}
{{- end }}
{{ include "kontor.secretVar" (merge (dict "var" "KONTOR_SUPPRESSION_PEPPERS" "key" "suppression-peppers") .) }}
{{- end }}
