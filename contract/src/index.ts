export * from './accounts.ts';
export * from './asking.ts';
export * from './common.ts';
export * from './conversations.ts';
export * from './documents.ts';
export * from './errors.ts';
export * from './system.ts';
export * from './tracing.ts';
