import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, 'deploy', path), 'utf8');
const settings = new Set(readFileSync(join(root, '.env.example'), 'utf8').match(/\b[A-Z][A-Z0-9_]{3,}\b/g));
const known = (name: string): boolean =>
  settings.has(name) || ['NODE_ENV', 'NODE_OPTIONS', 'PATH'].includes(name);

/** Of what the API server knows of these kinds, what the example uses: a misspelt field is refused as it is there. */
const labels = z.record(z.string(), z.string());
const meta = z.strictObject({ name: z.string(), labels: labels.optional() });
const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string().startsWith('/'), port: z.literal('http') }),
  initialDelaySeconds: z.int().optional(),
  periodSeconds: z.int(),
  failureThreshold: z.int().optional(),
});
const quantity = z.string().regex(/^\d+(?:m|Mi|Gi)?$/);
const container = z.strictObject({
  name: z.string(),
  image: z.string().regex(/^\w+:\d+\.\d+\.\d+$/),
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
    runAsUser: z.int(),
    runAsGroup: z.int(),
    fsGroup: z.int(),
    seccompProfile: z.strictObject({ type: z.literal('RuntimeDefault') }),
  }),
  containers: z.array(container).length(1),
  volumes: z.array(
    z.strictObject({ name: z.string(), emptyDir: z.strictObject({ sizeLimit: quantity.optional() }) }),
  ),
});
const kubernetes: Record<string, z.ZodType> = {
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
      replicas: z.int(),
      selector: z.strictObject({ matchLabels: labels }),
      strategy: z.strictObject({
        rollingUpdate: z.strictObject({ maxUnavailable: z.int(), maxSurge: z.int() }),
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
    spec: z.strictObject({ minAvailable: z.int(), selector: z.strictObject({ matchLabels: labels }) }),
  }),
};

/** The grace of answers as it is set by default, and what else a stop takes. */
const stopS = 60 + 15;

describe('the image', () => {
  const dockerfile = read('Dockerfile').replace(/\\\n\s*/g, ' ');
  const lines = dockerfile.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const of = (word: string): string[] => lines.filter((line) => line.startsWith(`${word} `));

  test('is built on one named version, in steps, without secrets or downloads of its own', () => {
    expect(of('FROM').length).toBeGreaterThan(1);
    for (const line of of('FROM')) expect(line).toMatch(/:\d+\.\d+\.\d+-[\w-]+(?: AS \w+)?$/);
    expect(of('ADD')).toEqual([]);
    expect(dockerfile).not.toMatch(/curl|wget|sudo|:latest|SECRET|PASSWORD|--ignore-scripts/);
  });

  test('runs as nobody in particular, says whether it is well, and takes signals itself', () => {
    expect(of('USER').at(-1)).toBe('USER node');
    expect(of('HEALTHCHECK')).toHaveLength(1);
    expect(dockerfile).toContain('/readyz');
    for (const word of ['ENTRYPOINT', 'CMD']) expect(of(word)[0]).toMatch(/^\w+ \[".*"\]$/);
    const names = (of('ENV')[0] ?? '').match(/\b[A-Z][A-Z_]+(?==)/g) ?? [];
    expect(names.filter((name) => !known(name))).toEqual([]);
  });

  test('gives Node the flags of npm start', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: { start: string };
    };
    const flagsOf = (text: string): string[] =>
      text.match(/--[a-z-]*(?:scavenge|space-size|percent)[=\w]*/g) ?? [];
    expect(flagsOf(of('ENTRYPOINT')[0] ?? '')).toEqual(flagsOf(scripts.start));
    expect(flagsOf(scripts.start)).toHaveLength(3);
  });
});

describe('the examples', () => {
  test('of Compose names settings that exist, and opens no port to others', () => {
    const { services } = parse(read('compose.yaml')) as {
      services: Record<
        string,
        { environment: Record<string, string>; ports?: string[]; read_only?: boolean }
      >;
    };
    const { alcove, database } = services;
    expect(Object.keys(alcove?.environment ?? {}).filter((name) => !known(name))).toEqual([]);
    expect(alcove?.ports?.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
    expect([alcove?.read_only, database?.ports]).toEqual([true, undefined]);
    expect(Number(/stop_grace_period: (\d+)s/.exec(read('compose.yaml'))?.[1])).toBeGreaterThan(stopS);
  });

  test('of Kubernetes is whole: settings that exist, probes, no root, time to stop', () => {
    const documents = parseAllDocuments(read('kubernetes/alcove.yaml'));
    expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
    const parts = documents.map((one) => one.toJS() as { kind: string; data?: Record<string, string> });
    expect(parts.map(({ kind }) => kind)).toEqual([
      'ConfigMap',
      'Deployment',
      'Service',
      'PodDisruptionBudget',
    ]);
    expect(Object.keys(parts[0]?.data ?? {}).filter((name) => !known(name))).toEqual([]);
    for (const part of documents.map((one) => one.toJS() as { kind: string }))
      expect(kubernetes[part.kind]?.safeParse(part).error?.issues, part.kind).toBeUndefined();
    const text = read('kubernetes/alcove.yaml');
    for (const word of ['runAsNonRoot: true', 'readOnlyRootFilesystem: true', '/readyz', '/healthz'])
      expect(text).toContain(word);
    const grace = Number(/terminationGracePeriodSeconds: (\d+)/.exec(text)?.[1]);
    expect(grace).toBeGreaterThan(stopS + Number(parts[0]?.data?.['DRAIN_SECONDS']));
  });

  test.skipIf(spawnSync('systemd-analyze', ['--version']).status !== 0)('of systemd is a unit', () => {
    expect(Number(/TimeoutStopSec=(\d+)/.exec(read('alcove.service'))?.[1])).toBeGreaterThan(stopS);
    const folder = mkdtempSync(join(tmpdir(), 'alcove-unit-'));
    try {
      const unit = join(folder, 'alcove.service');
      writeFileSync(unit, read('alcove.service').replace(/EnvironmentFile=.*\n/, ''));
      const said = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
      const own = `${said.stdout}${said.stderr}`
        .split('\n')
        .filter((line) => line.includes('alcove.service'));
      expect(own).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
