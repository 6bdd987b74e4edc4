import { is } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import * as schema from './schema.ts';

export interface ForeignKey {
  table: string;
  name: string;
  columns: string[];
  target: string;
  targetColumns: string[];
  /** Without the columns: `ON DELETE cascade`. */
  action: string;
}

/** Every foreign key of this version's schema. */
export function foreignKeys(): ForeignKey[] {
  return Object.values(schema)
    .filter((table) => is(table, PgTable))
    .flatMap((table) => {
      const { name, foreignKeys: keys } = getTableConfig(table);
      return keys.map((key) => {
        const { columns, foreignColumns, foreignTable } = key.reference();
        return {
          table: name,
          name: key.getName(),
          columns: columns.map((column) => column.name),
          target: getTableConfig(foreignTable).name,
          targetColumns: foreignColumns.map((column) => column.name),
          action: `ON DELETE ${key.onDelete ?? 'no action'}`,
        };
      });
    });
}

export function addForeignKey({ table, name, columns, target, targetColumns, action }: ForeignKey): string {
  return `ALTER TABLE ${table} ADD CONSTRAINT ${name} FOREIGN KEY (${columns.join(', ')})
    REFERENCES ${target} (${targetColumns.join(', ')}) ${action}`;
}
