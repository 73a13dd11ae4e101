{{/* Selector labels of a part: include "jobhunter.selector" (list . "nats") */}}
{{- define "jobhunter.selector" -}}
app.kubernetes.io/name: jobhunter
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* All labels of a part. */}}
{{- define "jobhunter.labels" -}}
{{ include "jobhunter.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ (index . 0).Chart.Name }}-{{ (index . 0).Chart.Version }}
{{- end }}

{{/* Name of a cluster-wide object: two releases may share a cluster. */}}
{{- define "jobhunter.clusterName" -}}
{{ (index . 0).Release.Namespace }}-{{ (index . 0).Release.Name }}-{{ index . 1 }}
{{- end }}

{{- define "jobhunter.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
- name: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{/* Pod and container security of everything that is not the seccomp DaemonSet. */}}
{{- define "jobhunter.podSecurity" -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "jobhunter.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* Where a part's pods go: include "jobhunter.placement" .Values.nats */}}
{{- define "jobhunter.placement" -}}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector: {{ toJson . }}
{{- end }}
{{- with .tolerations }}
tolerations: {{ toJson . }}
{{- end }}
{{- with .affinity }}
affinity: {{ toJson . }}
{{- end }}
{{- end }}

{{/* The profile's file name carries its content's hash: a name never changes its meaning on a node. */}}
{{- define "jobhunter.seccompHash" -}}
{{ .Files.Get "files/chromium-seccomp.json" | sha256sum | trunc 12 }}
{{- end }}

{{- define "jobhunter.seccompProfile" -}}
jobhunter/chromium-{{ include "jobhunter.seccompHash" . }}.json
{{- end }}

{{- define "jobhunter.natsUrl" -}}
nats://{{ .Release.Name }}-nats.{{ .Release.Namespace }}.svc:4222
{{- end }}

{{/* egress.allow as the runner's guard reads it: exactly one of host and cidr, and ports. Selectors are the NetworkPolicy's. */}}
{{- define "jobhunter.egressGuard" -}}
{{- $rules := list }}
{{- range .Values.egress.allow }}
{{- $ports := list }}
{{- range .ports }}{{ $ports = append $ports (int .) }}{{ end }}
{{- if .host }}
{{- $rules = append $rules (dict "host" .host "ports" $ports) }}
{{- else if .cidr }}
{{- $rules = append $rules (dict "cidr" .cidr "ports" $ports) }}
{{- end }}
{{- end }}
{{- toJson $rules }}
{{- end }}

{{/* Where the API server answers, as a NetworkPolicy's egress rule. */}}
{{- define "jobhunter.apiServerEgress" -}}
- ports:
  {{- range .Values.networkPolicy.apiServer.ports }}
  - {protocol: TCP, port: {{ int . }}}
  {{- end }}
  {{- with .Values.networkPolicy.apiServer.cidrs }}
  to:
  {{- range . }}
  - ipBlock: {cidr: {{ . | quote }}}
  {{- end }}
  {{- end }}
{{- end }}

{{- define "jobhunter.dnsEgress" -}}
- to: {{ toJson .Values.networkPolicy.dns.peers }}
  ports:
  {{- range .Values.networkPolicy.dns.ports }}
  - {protocol: UDP, port: {{ int . }}}
  - {protocol: TCP, port: {{ int . }}}
  {{- end }}
{{- end }}

{{- define "jobhunter.natsEgress" -}}
- to:
  - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ .Release.Namespace }}}}
    podSelector:
      matchLabels:
        {{- include "jobhunter.selector" (list . "nats") | nindent 8 }}
  ports: [{protocol: TCP, port: 4222}]
{{- end }}

{{/* Where a Secret's key is read: include "jobhunter.secretEnv" (list "NAME" "secret" "key") */}}
{{- define "jobhunter.secretEnv" -}}
- name: {{ index . 0 }}
  valueFrom: {secretKeyRef: {name: {{ index . 1 }}, key: {{ index . 2 }}}}
{{- end }}

{{/* The Secret with the URL of the tables' owner, which migrations alone read. */}}
{{- define "jobhunter.postgresOwnerSecret" -}}
{{- if .Values.postgres.enabled }}{{ .Values.postgres.auth.ownerSecret }}
{{- else }}{{ required "postgres.enabled is false: name the Secret with the owner's URL (key url) in postgres.external.ownerSecret" .Values.postgres.external.ownerSecret }}
{{- end }}
{{- end }}

{{/* The Secret with the URL of the application's role. */}}
{{- define "jobhunter.postgresAppSecret" -}}
{{- if .Values.postgres.enabled }}{{ .Values.postgres.auth.appSecret }}
{{- else }}{{ required "postgres.enabled is false: name the Secret with the application's URL (key url) in postgres.external.appSecret" .Values.postgres.external.appSecret }}
{{- end }}
{{- end }}

{{/* Replicas of the gateway that are there at least. */}}
{{- define "jobhunter.gatewayReplicas" -}}
{{- $gateway := .Values.gateway }}
{{- ternary $gateway.autoscaling.minReplicas $gateway.replicas $gateway.autoscaling.enabled | int }}
{{- end }}

{{/* An egress rule to peers and ports; any address where no peer is named. */}}
{{- define "jobhunter.outsideEgress" -}}
- ports:
  {{- range .ports }}
  - {protocol: TCP, port: {{ int . }}}
  {{- end }}
  {{- with .peers }}
  to: {{ toJson . }}
  {{- end }}
{{- end }}

{{- define "jobhunter.postgresEgress" -}}
{{- if .Values.postgres.enabled }}
- to:
  - podSelector:
      matchLabels:
        {{- include "jobhunter.selector" (list . "postgres") | nindent 8 }}
  ports: [{protocol: TCP, port: 5432}]
{{- else }}
{{- include "jobhunter.outsideEgress" .Values.postgres.external }}
{{- end }}
{{- end }}
