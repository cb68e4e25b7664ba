import type { ProcessorContext, ProcessorSupplier, Record } from '../processor.ts'

/** What a stateless operator does with one record. */
export type Step<KIn, VIn, KOut, VOut> = (record: Record<KIn, VIn>, context: ProcessorContext<KOut, VOut>) => void

/** Makes a supplier from a function that needs no state. */
export function stateless<KIn, VIn, KOut, VOut>(step: Step<KIn, VIn, KOut, VOut>): ProcessorSupplier<KIn, VIn, KOut, VOut> {
  return (context) => ({ process: (record) => step(record, context) })
}
