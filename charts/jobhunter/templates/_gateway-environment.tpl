{{/* The gateway's settings, without their prefix JOBHUNTER_GATEWAY_ and without what comes out of Secrets. Every value is a string. */}}
{{- define "jobhunter.gatewayEnvironment" -}}
{{- $gateway := .Values.gateway -}}
NAMESPACE: {{ .Values.sessions.namespace | quote }}
NATS_URL: {{ include "jobhunter.natsUrl" . | quote }}
DATABASE_POOL_SIZE: {{ int $gateway.databasePoolSize | quote }}
QDRANT_URL: {{ $gateway.qdrant.url | quote }}
JWT_LEEWAY_SECONDS: {{ int $gateway.jwt.leewaySeconds | quote }}
HTTP_PORT: "8080"
METRICS_PORT: "9090"
FORWARDED_ALLOW_IPS: {{ join "," $gateway.forwardedAllowIps | quote }}
REQUEST_LIMIT_BYTES: {{ int64 $gateway.requestLimitBytes | quote }}
DOCUMENT_LIMIT_BYTES: {{ int64 $gateway.documentLimitBytes | quote }}
RATE_REQUESTS: {{ $gateway.rates.requests | quote }}
RATE_WRITES: {{ $gateway.rates.writes | quote }}
RATE_SOCKET_MESSAGES: {{ $gateway.rates.socketMessages | quote }}
RATE_BEFORE_SIGN_IN: {{ $gateway.rates.beforeSignIn | quote }}
SHUTDOWN_SECONDS: {{ int $gateway.shutdownSeconds | quote }}
LOG_LEVEL: {{ $gateway.logLevel | quote }}
LOG_FORMAT: {{ $gateway.logFormat | quote }}
{{- end }}
