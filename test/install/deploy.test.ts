import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { type Config, readConfig } from '../../src/config.ts';
import { environment } from '../../src/config/settings.ts';
import { rawRequest } from '../http/raw-request.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { freePort } from '../support/free-port.ts';
import { composeFile, kubernetesPart, type KubernetesParts } from './support/deploy-schemas.ts';
import { environmentOf, jsonOf, readStages, restsOf, type Stage } from './support/dockerfile.ts';

// What is shipped to run Alcove elsewhere, against what it is at: its settings, its routes, its time to stop.

const root = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  version: string;
  scripts: { start: string };
  peerDependencies: Record<string, string>;
};

/** Of Node and of the system. */
const notOurs = ['NODE_ENV', 'NODE_OPTIONS', 'PATH'];
const unknownOf = (names: Iterable<string>): string[] =>
  [...names].filter((name) => !(name in environment.shape) && !notOurs.includes(name));
/** What operators put beside a manifest, in the form of the real ones. */
const secrets = {
  DATABASE_URL: 'postgres://alcove:secret@database:5432/alcove',
  AUTH_SECRET: 'u3Jc0Zq9vR2mT7xB5nK8wY4hL6pD1sF0gA-eQiOzXkV',
  METRICS_TOKEN: 'zX8rN2kq4Vb7mT1c',
  AWS_ACCESS_KEY_ID: 'key',
  AWS_SECRET_ACCESS_KEY: 'secret',
};

/** All of a stop but the time for proxies to notice it and for answers to end, as the server has it. */
const closeMs = Number(/const closeMs = ([\d_]+);/.exec(read('src/cli/serve.ts'))?.[1]?.replaceAll('_', ''));
function stopMs({ drainMs, answerGraceMs }: Config): number {
  return drainMs + answerGraceMs + closeMs;
}

const stages = readStages(read('deploy/Dockerfile'));
const image = stages.at(-1) as Stage;
const imageEnv = environmentOf(image);

describe('the image', () => {
  test('is built on one named version, in steps, without secrets or downloads of its own', () => {
    expect(stages.length).toBeGreaterThan(1);
    expect(new Set(stages.map(({ name }) => name)).size).toBe(stages.length);
    for (const { from } of stages) expect(from).toMatch(/^[\w./-]+:\d+\.\d+\.\d+-[\w-]+$/);
    for (const stage of stages) {
      for (const word of ['ADD', 'MAINTAINER', 'ONBUILD', 'ARG']) expect(restsOf(stage, word)).toEqual([]);
      for (const folder of restsOf(stage, 'WORKDIR')) expect(folder).toMatch(/^\//);
      for (const run of restsOf(stage, 'RUN'))
        expect(run).not.toMatch(/\b(?:curl|wget|sudo|apt|apt-get|cd|ssh)\b|--ignore-scripts|--force/);
    }
    expect(read('deploy/Dockerfile')).not.toMatch(/:latest|SECRET|PASSWORD|TOKEN/);
  });

  test('installs nothing without its version, and the optional package that the manifest knows', () => {
    const installs = stages.flatMap((stage) =>
      restsOf(stage, 'RUN').flatMap((run) => run.match(/npm install .*?(?= && |$)/g) ?? []),
    );
    expect(installs).toHaveLength(1);
    const packages = (installs[0] ?? '')
      .split(' ')
      .slice(2)
      .filter((word, at, words) => !word.startsWith('--') && words[at - 1] !== '--prefix');
    expect(packages).toEqual([
      '/tmp/alcove-*.tgz',
      expect.stringMatching(/^@aws-sdk\/client-s3@\d+\.\d+\.\d+$/),
    ]);
    expect(manifest.peerDependencies['@aws-sdk/client-s3']).toBe(`^${packages[1]?.split('@').at(-1)}`);
  });

  test('holds what was built and nothing that builds; what is private never reaches the builder', () => {
    expect(restsOf(image, 'COPY').every((rest) => rest.startsWith('--from=build --chown=root:root '))).toBe(
      true,
    );
    expect(stages.slice(0, -1).map(({ name }) => name)).toContain('build');
    for (const run of restsOf(image, 'RUN')) expect(run).not.toMatch(/npm|node_modules/);
    const ignored = new Set(read('.dockerignore').split('\n'));
    for (const path of ['.git', '**/node_modules', 'data', '**/.env', '**/*.log', 'build'])
      expect([...ignored]).toContain(path);
  });

  test('runs as nobody in particular, says whether it is well, and takes signals itself', () => {
    expect(restsOf(image, 'USER')).toEqual(['node']);
    // After it nothing is written into the image.
    const words = image.instructions.map(({ word }) => word);
    for (const word of ['RUN', 'COPY']) expect(words.lastIndexOf(word)).toBeLessThan(words.indexOf('USER'));
    expect(restsOf(image, 'STOPSIGNAL')).toEqual(['SIGTERM']);
    for (const word of ['ENTRYPOINT', 'CMD', 'HEALTHCHECK', 'VOLUME', 'EXPOSE'])
      expect(restsOf(image, word)).toHaveLength(1);
    expect(jsonOf(image, 'ENTRYPOINT')[0]).toBe('node');
    expect(jsonOf(image, 'CMD')).toEqual(['serve']);
    expect(unknownOf(Object.keys(imageEnv))).toEqual([]);
    const config = readConfig(imageEnv);
    expect(restsOf(image, 'EXPOSE')).toEqual([String(config.port)]);
    expect(restsOf(image, 'VOLUME')).toEqual([config.dataDir]);
    expect(restsOf(image, 'RUN').join('\n')).toMatch(
      new RegExp(`install -d -o node .*-m 0700 ${config.dataDir}`),
    );
    expect(config.host).toBe('0.0.0.0');
  });

  test('gives Node the flags of npm start', () => {
    const flagsOf = (text: string): string[] =>
      text.match(/--[a-z-]*(?:scavenge|space-size|percent)[=\w]*/g) ?? [];
    expect(flagsOf(jsonOf(image, 'ENTRYPOINT').join(' '))).toEqual(flagsOf(manifest.scripts.start));
    expect(flagsOf(manifest.scripts.start)).toHaveLength(3);
  });
});

const kubernetes = parseAllDocuments(read('deploy/kubernetes/alcove.yaml'));
const parts = Object.fromEntries(
  kubernetes.map((one) => one.toJS() as { kind: string }).map((part) => [part.kind, part]),
) as unknown as KubernetesParts;

describe('what looks after a container', () => {
  let app: TestApp;
  beforeAll(async () => {
    const { PUBLIC_URL = '', TRUST_PROXY = '' } = parts.ConfigMap.data;
    app = await startTestApp({
      env: { HOST: '0.0.0.0', PUBLIC_URL, TRUST_PROXY, METRICS_TOKEN: secrets.METRICS_TOKEN },
    });
  }, 120_000);
  afterAll(() => app?.close());

  test('asks routes that there are, which answer by the address alone', async () => {
    const [container] = parts.Deployment.spec.template.spec.containers;
    const { readinessProbe, livenessProbe } = container;
    // A database that is away must not have every replica killed: that is readyz's.
    expect([readinessProbe.httpGet.path, livenessProbe.httpGet.path]).toEqual(['/readyz', '/healthz']);
    const headers = { host: '10.42.0.7:8000', authorization: `Bearer ${secrets.METRICS_TOKEN}` };
    for (const path of [readinessProbe.httpGet.path, livenessProbe.httpGet.path, '/metrics'])
      expect((await rawRequest(app.baseUrl, { path, headers })).status, path).toBe(200);
  });

  test('is told by the health check of the image whether it serves', async () => {
    const [check = ''] = restsOf(image, 'HEALTHCHECK');
    const [, timing = '', command = ''] = /^(.*) CMD (\[.*\])$/.exec(check) ?? [];
    expect(timing).toMatch(/--interval=\d+s --timeout=\d+s --start-period=\d+s/);
    const [program, ...args] = JSON.parse(command) as string[];
    expect(program).toBe('node');
    const run = async (port: string): Promise<unknown> => {
      const child = spawn(process.execPath, args, { env: { ...imageEnv, PORT: port }, stdio: 'ignore' });
      return (await once(child, 'exit'))[0];
    };
    expect(await run(new URL(app.baseUrl).port)).toBe(0);
    expect(await run(String(await freePort()))).toBe(1);
  });
});

describe('the examples', () => {
  test('of Compose names settings that exist, and opens no port to others', () => {
    const text = read('deploy/compose.yaml');
    const { services, volumes } = composeFile.parse(parse(text));
    const { alcove, database } = services;
    expect(unknownOf(Object.keys(alcove.environment))).toEqual([]);
    const variables = [...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name);
    expect(unknownOf(variables).filter((name) => name !== 'POSTGRES_PASSWORD')).toEqual([]);
    expect(alcove.ports.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
    const filled = Object.fromEntries(
      Object.entries(alcove.environment).map(([name, value]) => [
        name,
        value.replaceAll(/\$\{\w+(?::-([^}]*))?\}/g, (_whole, fallback?: string) => fallback ?? 'secret'),
      ]),
    );
    const config = readConfig({ ...imageEnv, ...filled });
    expect(config.notices).toEqual([]);
    expect(alcove.ports.map((port) => port.split(':').at(-1))).toEqual([String(config.port)]);
    expect(config.database).toMatchObject({ kind: 'postgresql', url: filled['DATABASE_URL'] });
    expect(new URL(filled['DATABASE_URL'] ?? '').pathname).toBe(`/${database.environment.POSTGRES_DB}`);
    // The root cannot be written: what the server writes to is mounted, and outlives the container where it must.
    expect(alcove.volumes).toEqual([`data:${config.dataDir}`]);
    expect(alcove.tmpfs).toEqual(['/tmp']);
    expect(Object.keys(volumes).toSorted()).toEqual(['data', 'database']);
    expect(Number.parseInt(alcove.stop_grace_period, 10) * 1000).toBeGreaterThan(stopMs(config));
  });

  test('of Kubernetes is whole: settings that exist, probes, no root, time to stop', () => {
    expect(kubernetes.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    for (const one of kubernetes) {
      const part = one.toJS() as { kind: keyof typeof kubernetesPart };
      expect(kubernetesPart[part.kind].safeParse(part).error?.issues, part.kind).toBeUndefined();
    }
    const { ConfigMap, Deployment, Service, PodDisruptionBudget } = parts;
    expect(Object.keys(parts)).toEqual(['ConfigMap', 'Deployment', 'Service', 'PodDisruptionBudget']);
    const [remarks = ''] = read('deploy/kubernetes/alcove.yaml').split('apiVersion');
    const named = remarks.match(/\b[A-Z]+_[A-Z_]+\b/g) ?? [];
    expect(unknownOf([...Object.keys(ConfigMap.data), ...named])).toEqual([]);
    expect(named.filter((name) => !['BLOBS_URL', 'PUBLIC_URL'].includes(name)).toSorted()).toEqual(
      Object.keys(secrets).toSorted(),
    );
    const config = readConfig({ ...imageEnv, ...ConfigMap.data, ...secrets });
    expect(config.notices).toEqual([]);
    // Several replicas: the same database, the same originals, the same secret.
    expect(Deployment.spec.replicas).toBeGreaterThan(PodDisruptionBudget.spec.minAvailable);
    expect([config.database.kind, config.blobs.kind]).toEqual(['postgresql', 'bucket']);

    const { metadata, spec } = Deployment.spec.template;
    for (const labels of [
      Deployment.spec.selector.matchLabels,
      Service.spec.selector,
      PodDisruptionBudget.spec.selector.matchLabels,
    ])
      expect(labels).toEqual(metadata.labels);
    const [container] = spec.containers;
    expect(container.image).toBe(`alcove:${manifest.version}`);
    expect(container.envFrom).toEqual([
      { configMapRef: { name: ConfigMap.metadata.name } },
      { secretRef: { name: 'alcove' } },
    ]);
    expect(container.ports).toEqual([{ name: 'http', containerPort: config.port }]);
    expect(metadata.annotations['prometheus.io/port']).toBe(String(config.port));
    expect(container.volumeMounts.map(({ mountPath }) => mountPath).toSorted()).toEqual([
      config.dataDir,
      '/tmp',
    ]);
    expect(container.volumeMounts.map(({ name }) => name)).toEqual(spec.volumes.map(({ name }) => name));

    const { periodSeconds } = container.readinessProbe;
    expect(config.drainMs).toBeGreaterThan(periodSeconds * 1000);
    const { livenessProbe } = container;
    const patience =
      (livenessProbe.initialDelaySeconds ?? 0) +
      livenessProbe.periodSeconds * (livenessProbe.failureThreshold ?? 3);
    expect(patience).toBeGreaterThanOrEqual(60);
    expect(spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(stopMs(config));
  });

  test.skipIf(!canAnalyse())('of systemd is a unit', () => {
    const text = read('deploy/alcove.service');
    const [, pairs = ''] = /^Environment=(.*)$/m.exec(text) ?? [];
    const env = Object.fromEntries(pairs.split(' ').map((pair) => pair.split('=') as [string, string]));
    expect(unknownOf(Object.keys(env))).toEqual([]);
    const config = readConfig(env);
    expect(config.dataDir).toBe(`/var/lib/${/^StateDirectory=(.*)$/m.exec(text)?.[1]}`);
    expect(Number(/TimeoutStopSec=(\d+)/.exec(text)?.[1]) * 1000).toBeGreaterThan(
      stopMs(readConfig({ ...env, TRUST_PROXY: '1' })),
    );
    const folder = mkdtempSync(join(tmpdir(), 'alcove-unit-'));
    try {
      const unit = join(folder, 'alcove.service');
      writeFileSync(unit, text.replace(/EnvironmentFile=.*\n/, ''));
      const said = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
      const own = `${said.stdout}${said.stderr}`
        .split('\n')
        .filter((line) => line.includes('alcove.service'));
      expect(own).toEqual([]);
      // Of ten: what systemd itself calls OK.
      const exposed = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=50', unit]);
      expect(exposed.status).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** `systemd-analyze` works below a folder that a bare tree lacks, and that only root can make. */
function canAnalyse(): boolean {
  const isThere = spawnSync('systemd-analyze', ['--version']).status === 0;
  const isRoot = process.getuid?.() === 0;
  return isThere && existsSync(isRoot ? '/run' : '/run/systemd');
}
