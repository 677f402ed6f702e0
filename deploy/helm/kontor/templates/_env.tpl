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
{{- if include "kontor.isWeb" . }}{{ include "kontor.webEnv" . }}{{ else }}{{ include "kontor.backendEnv" . }}{{ end }}
{{- if eq .name "campaigns" }}{{ include "kontor.campaignsEnv" . }}{{ end }}
{{- if eq .name "privacy" }}{{ include "kontor.privacyEnv" . }}{{ end }}
{{- end }}

{{- define "kontor.webEnv" }}
- name: KONTOR_PUBLIC_URL
  value: {{ (index .root.Values .name).publicUrl | quote }}
- name: KONTOR_DEFAULT_LANGUAGE
  value: {{ .root.Values.defaultLanguage }}
- name: KONTOR_TIMEZONE
  value: {{ .root.Values.timezone }}
- name: KONTOR_THREADS
  value: {{ (index .root.Values .name).threads | quote }}
{{- include "kontor.controllerEnv" . }}
{{- end }}

{{- define "kontor.backendEnv" }}
{{- $ctx := . }}
- name: KONTOR_AUDIENCE
  value: kontor-{{ .name }}
- name: KONTOR_STREAM_REPLICAS
  value: {{ .root.Values.nats.streamReplicas | quote }}
- name: KONTOR_DATABASE_POOL
  value: {{ (index .root.Values .name).databasePool | quote }}
{{- range $var, $key := dict "KONTOR_NATS_URL" "nats-url" "KONTOR_SIGNING_KEY" "signing-key" }}
{{ include "kontor.secretVar" (merge (dict "var" $var "key" $key) $ctx) }}
{{- end }}
{{- end }}

{{- define "kontor.controllerEnv" }}
{{- range $key, $value := .root.Values.controller }}
- name: KONTOR_CONTROLLER_{{ snakecase $key | upper }}
  value: {{ $value | quote }}
{{- end }}
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
{{- include "kontor.controllerEnv" . }}
{{ include "kontor.secretVar" (merge (dict "var" "KONTOR_SUPPRESSION_PEPPERS" "key" "suppression-peppers") .) }}
{{- end }}
