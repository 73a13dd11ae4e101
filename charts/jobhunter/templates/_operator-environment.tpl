{{/* The operator's settings, without their prefix JOBHUNTER_OPERATOR_. Every value is a string; lists and maps are JSON. */}}
{{- define "jobhunter.operatorEnvironment" -}}
{{- $streams := .Values.nats.streams -}}
SESSION_NAMESPACES: {{ .Values.sessions.namespace | quote }}
RESEED_CRON_JOB: {{ printf "%s-reseed" .Release.Name | quote }}
NATS_URL: {{ include "jobhunter.natsUrl" . | quote }}
RUNNER_NATS_URL: {{ include "jobhunter.natsUrl" . | quote }}
RUNNER_NATS_SECRET: {{ .Values.nats.auth.runnerSecret | quote }}
RUNNER_IMAGE: {{ .Values.image.runner | quote }}
BROWSER_IMAGE: {{ .Values.image.browser | quote }}
IMAGE_PULL_POLICY: {{ .Values.image.pullPolicy | quote }}
IMAGE_PULL_SECRETS: {{ join "," .Values.image.pullSecrets | quote }}
MAX_SESSIONS: {{ int .Values.sessions.max | quote }}
MAX_SESSIONS_PER_USER: {{ int .Values.sessions.maxPerUser | quote }}
{{- with .Values.sessions.maxPerSite }}
MAX_SESSIONS_PER_SITE: {{ int . | quote }}
{{- end }}
RUNNER_RESOURCES: {{ toJson .Values.sessions.runner.resources | quote }}
BROWSER_RESOURCES: {{ toJson .Values.sessions.browser.resources | quote }}
BROWSER_SECCOMP_PROFILE: {{ include "jobhunter.seccompProfile" . | quote }}
EGRESS_ALLOW: {{ include "jobhunter.egressGuard" . | quote }}
POD_TEMPLATE_PERMIT: {{ join "," .Values.sessions.podTemplate.permit | quote }}
POD_TEMPLATE_MAXIMA: {{ toJson .Values.sessions.podTemplate.maxima | quote }}
PAUSE_SCALE: {{ toString .Values.sessions.pauseScale | quote }}
EVIDENCE_LIMIT_BYTES: {{ int64 .Values.sessions.evidenceLimitBytes | quote }}
TEST_HOLDS: {{ .Values.operator.testHolds | quote }}
NODE_LOST_SECONDS: {{ int .Values.operator.nodeLostSeconds | quote }}
POD_RUNTIME_CLASS: {{ .Values.sessions.runtimeClassName | quote }}
POD_NODE_SELECTOR: {{ toJson .Values.sessions.nodeSelector | quote }}
POD_TOLERATIONS: {{ toJson .Values.sessions.tolerations | quote }}
POD_TERMINATION_GRACE_SECONDS: {{ int .Values.sessions.terminationGraceSeconds | quote }}
RUNNER_LOG_LEVEL: {{ .Values.sessions.logLevel | quote }}
LOG_LEVEL: {{ .Values.operator.logLevel | quote }}
LOG_FORMAT: {{ .Values.operator.logFormat | quote }}
HTTP_PORT: "8080"
NATS_REPLICAS: "1"
EVENTS_MAX_BYTES: {{ int64 $streams.eventsMaxBytes | quote }}
EVENTS_MAX_AGE_SECONDS: {{ int64 $streams.eventsMaxAgeSeconds | quote }}
HITL_MAX_BYTES: {{ int64 $streams.hitlMaxBytes | quote }}
HITL_MAX_AGE_SECONDS: {{ int64 $streams.hitlMaxAgeSeconds | quote }}
ASSIGNMENT_MAX_BYTES: {{ int64 $streams.assignmentMaxBytes | quote }}
ASSIGNMENT_MAX_AGE_SECONDS: {{ int64 $streams.assignmentMaxAgeSeconds | quote }}
SUBMISSION_MAX_BYTES: {{ int64 $streams.submissionMaxBytes | quote }}
FRAMES_MAX_BYTES: {{ int64 $streams.framesMaxBytes | quote }}
{{- end }}
