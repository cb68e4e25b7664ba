/** The common frame of operators without state: one function from a record to forwards. */
import type { ProcessorContext, ProcessorSupplier, Record } from '../processor.ts'

export type Step<KIn, VIn, KOut, VOut> = (record: Record<KIn, VIn>, context: ProcessorContext<KOut, VOut>) => void

export function stateless<KIn, VIn, KOut, VOut>(step: Step<KIn, VIn, KOut, VOut>): ProcessorSupplier<KIn, VIn, KOut, VOut> {
  return () => {
    let context: ProcessorContext<KOut, VOut>
    return {
      init: (given) => {
        context = given
      },
      process: (record) => step(record, context),
    }
  }
}
