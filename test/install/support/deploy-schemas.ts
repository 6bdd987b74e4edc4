import { z } from 'zod';

// Of what Compose and the API server of Kubernetes know, what the examples use: a misspelt field is refused as it is
// there, and what keeps a container apart cannot be left out.

const labels = z.record(z.string(), z.string());
const meta = z.strictObject({ name: z.string(), labels: labels.optional() });
const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string().startsWith('/'), port: z.literal('http') }),
  initialDelaySeconds: z.int().positive().optional(),
  periodSeconds: z.int().positive(),
  failureThreshold: z.int().positive().optional(),
});
const quantity = z.string().regex(/^\d+(?:m|Mi|Gi)?$/);
/** A name with a version: never `latest`, and never none. */
const pinned = z.string().regex(/^[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*$/);
/** Whose number is root's is refused. */
const nobody = z.int().min(1);

const container = z.strictObject({
  name: z.string(),
  image: pinned,
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.int() })),
  envFrom: z.array(
    z.union([
      z.strictObject({ configMapRef: z.strictObject({ name: z.string() }) }),
      z.strictObject({ secretRef: z.strictObject({ name: z.string() }) }),
    ]),
  ),
  readinessProbe: probe,
  livenessProbe: probe,
  resources: z.strictObject({
    requests: z.strictObject({ cpu: quantity, memory: quantity }),
    limits: z.strictObject({ memory: quantity }),
  }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
  volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string().startsWith('/') })),
});
const pod = z.strictObject({
  automountServiceAccountToken: z.literal(false),
  terminationGracePeriodSeconds: z.int(),
  securityContext: z.strictObject({
    runAsNonRoot: z.literal(true),
    runAsUser: nobody,
    runAsGroup: nobody,
    fsGroup: nobody,
    seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
  }),
  containers: z.tuple([container]),
  volumes: z.array(
    z.strictObject({ name: z.string(), emptyDir: z.strictObject({ sizeLimit: quantity.optional() }) }),
  ),
});

export const kubernetesPart = {
  ConfigMap: z.strictObject({
    apiVersion: z.literal('v1'),
    kind: z.string(),
    metadata: meta,
    data: z.record(z.string(), z.string()),
  }),
  Deployment: z.strictObject({
    apiVersion: z.literal('apps/v1'),
    kind: z.string(),
    metadata: meta,
    spec: z.strictObject({
      replicas: z.int().min(2),
      selector: z.strictObject({ matchLabels: labels }),
      // An old pod serves until a new one does.
      strategy: z.strictObject({
        rollingUpdate: z.strictObject({ maxUnavailable: z.literal(0), maxSurge: z.int().min(1) }),
      }),
      template: z.strictObject({
        metadata: z.strictObject({ labels, annotations: labels }),
        spec: pod,
      }),
    }),
  }),
  Service: z.strictObject({
    apiVersion: z.literal('v1'),
    kind: z.string(),
    metadata: meta,
    spec: z.strictObject({
      selector: labels,
      ports: z.array(z.strictObject({ name: z.string(), port: z.int(), targetPort: z.literal('http') })),
    }),
  }),
  PodDisruptionBudget: z.strictObject({
    apiVersion: z.literal('policy/v1'),
    kind: z.string(),
    metadata: meta,
    spec: z.strictObject({ minAvailable: z.int().min(1), selector: z.strictObject({ matchLabels: labels }) }),
  }),
};
export type KubernetesParts = {
  [Kind in keyof typeof kubernetesPart]: z.output<(typeof kubernetesPart)[Kind]>;
};

const seconds = z.string().regex(/^\d+s$/);
const megabytes = z.string().regex(/^\d+[mg]$/);

export const composeFile = z.strictObject({
  name: z.string(),
  services: z.strictObject({
    database: z.strictObject({
      image: pinned,
      restart: z.literal('unless-stopped'),
      environment: z.strictObject({
        POSTGRES_USER: z.string(),
        POSTGRES_DB: z.string(),
        // Not started without one.
        POSTGRES_PASSWORD: z.string().startsWith('${POSTGRES_PASSWORD:?'),
      }),
      volumes: z.tuple([z.literal('database:/var/lib/postgresql/data')]),
      healthcheck: z.strictObject({
        test: z.tuple([z.literal('CMD-SHELL'), z.string().startsWith('pg_isready ')]),
        interval: seconds,
        timeout: seconds,
        retries: z.int(),
      }),
    }),
    alcove: z.strictObject({
      build: z.strictObject({ context: z.literal('..'), dockerfile: z.literal('deploy/Dockerfile') }),
      restart: z.literal('unless-stopped'),
      depends_on: z.strictObject({ database: z.strictObject({ condition: z.literal('service_healthy') }) }),
      environment: z.record(z.string(), z.string()),
      ports: z.array(z.string()).length(1),
      volumes: z.array(z.string()),
      read_only: z.literal(true),
      tmpfs: z.array(z.string()),
      cap_drop: z.tuple([z.literal('ALL')]),
      security_opt: z.tuple([z.literal('no-new-privileges:true')]),
      stop_grace_period: seconds,
      mem_limit: megabytes,
      pids_limit: z.int().positive(),
    }),
  }),
  volumes: z.record(z.string(), z.null()),
});
