export type { Serde } from './serde.ts'
export type * from './store.ts'
export type * from './store-spec.ts'
export type * from './task-state.ts'
