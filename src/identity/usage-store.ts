import { and, desc, eq, gte, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/database.ts';
import { modelUsage, userCounters } from '../db/schema.ts';
import type { AdminScope } from './admin-scope.ts';
import type { UserScope } from './user-scope.ts';

export type ModelTokens = {
  model: string;
  answers: number;
  input: number;
  output: number;
};

/** What one request to a model took. */
export interface SpentTokens {
  model: string;
  input: number;
  output: number;
}

/** Counts a request that is no answer. */
export async function countTokens(
  tx: Transaction,
  { userId }: UserScope,
  { model, input, output }: SpentTokens,
  now: Date,
): Promise<void> {
  await tx
    .update(userCounters)
    .set({
      inputTokens: sql`${userCounters.inputTokens} + ${input}`,
      outputTokens: sql`${userCounters.outputTokens} + ${output}`,
    })
    .where(eq(userCounters.userId, userId));
  await tx
    .insert(modelUsage)
    .values({ userId, day: now.toISOString().slice(0, 10), model, inputTokens: input, outputTokens: output })
    .onConflictDoUpdate({
      target: [modelUsage.userId, modelUsage.day, modelUsage.model],
      set: {
        inputTokens: sql`${modelUsage.inputTokens} + excluded.input_tokens`,
        outputTokens: sql`${modelUsage.outputTokens} + excluded.output_tokens`,
      },
    });
}

const sums = {
  model: modelUsage.model,
  answers: sql<number>`sum(${modelUsage.answers})::float8`,
  input: sql<number>`sum(${modelUsage.inputTokens})::float8`,
  output: sql<number>`sum(${modelUsage.outputTokens})::float8`,
};
const mostFirst = desc(sql`sum(${modelUsage.inputTokens} + ${modelUsage.outputTokens})`);

/** Tokens of everything that the user was ever answered, by model. */
export async function readModelUsage(db: Database, user: UserScope): Promise<ModelTokens[]> {
  return db.reading(user, (tx) =>
    tx
      .select(sums)
      .from(modelUsage)
      .where(eq(modelUsage.userId, user.userId))
      .groupBy(modelUsage.model)
      .orderBy(mostFirst, modelUsage.model),
  );
}

/** The same of each day (UTC) since one, oldest first. */
export async function readDailyUsage(
  db: Database,
  user: UserScope,
  since: string,
): Promise<(ModelTokens & { day: string })[]> {
  return db.reading(user, (tx) =>
    tx
      .select({ day: modelUsage.day, ...sums })
      .from(modelUsage)
      .where(and(eq(modelUsage.userId, user.userId), gte(modelUsage.day, since)))
      .groupBy(modelUsage.day, modelUsage.model)
      .orderBy(modelUsage.day, modelUsage.model),
  );
}

/** The same of everybody. */
export async function readEverybodysDailyUsage(
  db: Database,
  admin: AdminScope,
  since: string,
): Promise<(ModelTokens & { day: string })[]> {
  return db.asAdmin(admin, 'everybody', (tx) =>
    tx
      .select({ day: modelUsage.day, ...sums })
      .from(modelUsage)
      .where(gte(modelUsage.day, since))
      .groupBy(modelUsage.day, modelUsage.model)
      .orderBy(modelUsage.day, modelUsage.model),
  );
}

export async function readEverybodysUsage(db: Database, admin: AdminScope): Promise<ModelTokens[]> {
  return db.asAdmin(admin, 'everybody', (tx) =>
    tx.select(sums).from(modelUsage).groupBy(modelUsage.model).orderBy(mostFirst, modelUsage.model),
  );
}
