/** Advisory locks of a database, each for one thing. Any numbers that are not each other's. */
export const advisoryLocks = {
  /** Replicas that start together take turns with migrations. */
  migrations: 7_312_019_114,
  /** Backups share it, and who deletes originals needs it alone for a moment. */
  deletions: 7_312_019_115,
  /** Who takes an administrator away: rows of many machines cannot be locked by one statement. */
  administrators: 7_312_019_116,
} as const;
