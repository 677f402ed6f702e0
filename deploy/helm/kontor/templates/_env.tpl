{{/* The environment of each process; a test compares every name here with the process's settings class. */}}

{{/* Whom each process calls: it is told no other address. */}}
{{- define "kontor.targets" -}}
contacts: [privacy]
campaigns: [contacts, privacy]
tickets: [contacts]
privacy: [contacts, campaigns, tickets]
portal: [contacts, campaigns, tickets, privacy]
gateway: [contacts, campaigns, tickets, privacy]
{{- end }}

{{- define "kontor.migrateEnv" -}}
{{ include "kontor.secretVar" (merge (dict "var" "KONTOR_DATABASE_URL" "key" "database-url") .) }}
{{- end }}

{{- define "kontor.env" -}}
{{- $ctx := . }}{{ $values := .root.Values }}
- name: KONTOR_LISTEN
  value: "0.0.0.0:{{ include "kontor.port" . }}"
{{- include "kontor.tlsEnv" . }}
- name: KONTOR_OIDC_ISSUER
  value: {{ $values.oidc.issuer | quote }}
- name: KONTOR_CLIENT_ID
  value: kontor-{{ .name }}
- name: KONTOR_LOG_LEVEL
  value: {{ $values.logLevel }}
{{- include "kontor.plainVar" (dict "var" "KONTOR_OTLP_ENDPOINT" "value" $values.otlpEndpoint) }}
{{- range $target := index (include "kontor.targets" . | fromYaml) .name }}
- name: KONTOR_{{ upper $target }}_TARGET
  value: {{ $ctx.root.Release.Name }}-{{ $target }}:{{ include "kontor.port" (dict "root" $ctx.root "name" $target) }}
{{- end }}
{{- range $var, $key := dict "KONTOR_DATABASE_URL" "database-url" "KONTOR_CLIENT_SECRET" "client-secret" "KONTOR_SECRET_KEY" "secret-key" }}
{{ include "kontor.secretVar" (merge (dict "var" $var "key" $key) $ctx) }}
{{- end }}
{{- if include "kontor.isWeb" . }}{{ include "kontor.webEnv" . }}{{ else }}{{ include "kontor.backendEnv" . }}{{ end }}
{{- if has .name (list "campaigns" "privacy") }}
{{ include "kontor.secretVar" (merge (dict "var" "KONTOR_PREVIOUS_SECRET_KEYS" "key" "previous-secret-keys" "optional" true) $ctx) }}
{{- end }}
{{- if eq .name "campaigns" }}{{ include "kontor.campaignsEnv" . }}{{ end }}
{{- if eq .name "privacy" }}{{ include "kontor.privacyEnv" . }}{{ end }}
{{- end }}

{{/* Where the Secret's files are mounted; pages call and are not called over gRPC. */}}
{{- define "kontor.tlsEnv" }}
{{- $grpc := .root.Values.grpc }}
{{- if $grpc.tlsSecret }}
- name: KONTOR_TLS_CA_FILE
  value: /tls/ca.crt
{{- if include "kontor.showsCertificate" . }}
- name: KONTOR_TLS_CERTIFICATE_FILE
  value: /tls/tls.crt
- name: KONTOR_TLS_KEY_FILE
  value: /tls/tls.key
{{- end }}
{{- end }}
- name: KONTOR_MESH_ENCRYPTS
  value: {{ $grpc.meshEncrypts | quote }}
{{- if not (include "kontor.isWeb" .) }}
{{- if $grpc.clientCertificates }}
- name: KONTOR_TLS_CLIENT_CA_FILE
  value: /tls/ca.crt
{{- end }}
{{- if $grpc.tlsSecret }}
- name: KONTOR_HEALTH_LISTEN
  value: "0.0.0.0:{{ include "kontor.healthPort" . }}"
{{- end }}
{{- end }}
{{- end }}

{{/* Servers show one; pages only where callers must, and else their pods do not even hold the key. */}}
{{- define "kontor.showsCertificate" -}}
{{- if or (not (include "kontor.isWeb" .)) .root.Values.grpc.clientCertificates }}yes{{ end }}
{{- end }}

{{- define "kontor.webEnv" }}
{{- $process := index .root.Values .name }}
- name: KONTOR_PUBLIC_URL
  value: {{ $process.publicUrl | quote }}
- name: KONTOR_PORTAL_URL
  value: {{ .root.Values.portal.publicUrl | quote }}
- name: KONTOR_GATEWAY_URL
  value: {{ .root.Values.gateway.publicUrl | quote }}
- name: KONTOR_TRUSTED_PROXIES
  value: {{ eq (toString $process.trustedProxies) "" | ternary ($process.ingress.enabled | ternary 1 0) $process.trustedProxies | quote }}
- name: KONTOR_DEFAULT_LANGUAGE
  value: {{ .root.Values.defaultLanguage }}
- name: KONTOR_TIMEZONE
  value: {{ .root.Values.timezone }}
- name: KONTOR_THREADS
  value: {{ $process.threads | quote }}
{{- include "kontor.controllerEnv" (dict "root" .root "keys" (list "name" "address" "email" "dpoName" "dpoEmail" "authorityName")) }}
{{- end }}

{{- define "kontor.backendEnv" }}
{{- $ctx := . }}
- name: KONTOR_AUDIENCE
  value: kontor-{{ .name }}
- name: KONTOR_STREAM_REPLICAS
  value: {{ .root.Values.nats.streamReplicas | quote }}
- name: KONTOR_FACT_READERS
  value: {{ .root.Values.nats.factReaders | toJson | quote }}
- name: KONTOR_DATABASE_POOL
  value: {{ (index .root.Values .name).databasePool | quote }}
{{- range $var, $key := dict "KONTOR_NATS_URL" "nats-url" "KONTOR_SIGNING_KEY" "signing-key" }}
{{ include "kontor.secretVar" (merge (dict "var" $var "key" $key) $ctx) }}
{{- end }}
{{- end }}

{{/* The named `keys` of the controller: pages say less about the company than an answer to a data subject. */}}
{{- define "kontor.controllerEnv" }}
{{- $controller := .root.Values.controller }}
{{- range .keys }}
{{- include "kontor.plainVar" (dict "var" (printf "KONTOR_CONTROLLER_%s" (snakecase . | upper)) "value" (index $controller .)) }}
{{- end }}
{{- end }}

{{- define "kontor.campaignsEnv" }}
{{- with .root.Values.campaigns }}
- name: KONTOR_SMTP_HOST
  value: {{ .smtp.host | quote }}
- name: KONTOR_SMTP_PORT
  value: {{ .smtp.port | quote }}
- name: KONTOR_SMTP_CONNECTIONS
  value: {{ .smtp.connections | quote }}
- name: KONTOR_HAND_OVER_S
  value: {{ .handOverSeconds | quote }}
- name: KONTOR_SETTLE_S
  value: {{ .settleSeconds | quote }}
- name: KONTOR_MAIL_FROM
  value: {{ .mailFrom | quote }}
{{- include "kontor.plainVar" (dict "var" "KONTOR_RELAY_EVIDENCE_URL" "value" .relayEvidenceUrl) }}
{{- end }}
- name: KONTOR_PORTAL_URL
  value: {{ .root.Values.portal.publicUrl | quote }}
{{- end }}

{{- define "kontor.privacyEnv" }}
{{- $values := .root.Values }}
- name: KONTOR_HOLDER_KEYS
  value: {{ $values.privacy.holderKeys | toJson | quote }}
- name: KONTOR_FORMER_LEDGER_KEYS
  value: {{ $values.privacy.formerLedgerKeys | toJson | quote }}
{{- if $values.privacy.ledgerExportClaim }}
- name: KONTOR_LEDGER_EXPORT_FOLDER
  value: /backups/ledger
{{- end }}
- name: KONTOR_SUPPRESSION_KEY_ID
  value: {{ $values.privacy.suppressionKeyId | quote }}
- name: KONTOR_CONTROLLER_TIMEZONE
  value: {{ $values.timezone }}
- name: KONTOR_CONSENT_VALID_MONTHS
  value: {{ $values.consents.validMonths | toJson | quote }}
- name: KONTOR_CONSENT_UNUSED_MONTHS
  value: {{ $values.consents.unusedMonths | quote }}
- name: KONTOR_CONSENT_PAUSE_MONTHS
  value: {{ $values.consents.pauseMonths | quote }}
- name: KONTOR_CONSENT_NOTICE_DAYS
  value: {{ $values.consents.noticeDays | quote }}
- name: KONTOR_CONSENT_PARENT_MONTHS
  value: {{ $values.consents.parentMonths | quote }}
- name: KONTOR_CONTROLLER_PROCESSORS
  value: {{ $values.controller.processors | toJson | quote }}
{{- include "kontor.controllerEnv" (dict "root" .root "keys" (list "name" "address" "email" "phone" "dpoName" "dpoEmail" "authorityName" "authorityAddress" "authorityUrl" "state")) }}
{{ include "kontor.secretVar" (merge (dict "var" "KONTOR_SUPPRESSION_PEPPERS" "key" "suppression-peppers") .) }}
{{- end }}
