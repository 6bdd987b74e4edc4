export type DatabaseConfig =
  | { kind: 'pglite'; dataDir: string }
  | ({ kind: 'postgresql'; url: string; rootCertificate?: string | undefined } & PoolConfig)
  | ({
      kind: 'cloudsql';
      instance: string;
      ipType: 'PUBLIC' | 'PRIVATE' | 'PSC';
      user: string | undefined;
      password: string | undefined;
      database: string;
    } & PoolConfig);

interface PoolConfig {
  poolSize: number;
  /** Whether statements are prepared under names; `auto`, the default: not behind a connection pooler. */
  prepare?: 'auto' | 'on' | 'off';
  /** What this installation's roles begin with; `alcove` if not given. */
  rolePrefix?: string;
}
