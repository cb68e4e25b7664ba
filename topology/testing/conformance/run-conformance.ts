import { fileURLToPath } from 'node:url'
import { conformanceTopology, skipReason } from './catalogue.ts'
import { replay } from './replay.ts'
import type { Difference } from './replay.ts'
import { readVectors } from './vectors.ts'
import type { Case, VectorFile } from './vectors.ts'

export interface ConformanceOptions {
  /** A folder of vectors (`.json` or `.json.gz`). Default: those of this project. */
  readonly dir?: string
  /** Receives the report line by line. */
  readonly write: (line: string) => void
}

export const OWN_VECTORS = fileURLToPath(new URL('./vectors', import.meta.url))

/**
 * Replays recorded behaviour of Kafka Streams and reports the passed cases per topology. Unimplemented features are skipped by an
 * explicit list (`catalogue.ts`), never because they fail. Resolves with the exit code: 0 if no case failed and one passed, 1 otherwise.
 */
export async function runConformance({ dir = OWN_VECTORS, write }: ConformanceOptions): Promise<number> {
  const total = { passed: 0, failed: 0, skipped: 0 }
  for (const file of await readVectors(dir)) {
    const result = await runFile(file)
    total.passed += result.passed
    total.failed += result.failed
    total.skipped += result.skipped
    report(file, result, write)
  }
  write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
  return total.failed > 0 || total.passed === 0 ? 1 : 0
}

interface FileResult {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly firstFailure?: { readonly recorded: Case; readonly difference: Difference }
}

async function runFile({ topology, cases }: VectorFile): Promise<FileResult> {
  let [passed, failed, skipped] = [0, 0, 0]
  let firstFailure: FileResult['firstFailure']
  for (const recorded of cases) {
    if (skipReason(topology, recorded.params) !== undefined) {
      skipped += 1
      continue
    }
    const difference = await runCase(topology, recorded)
    if (difference === undefined) {
      passed += 1
    } else {
      failed += 1
      firstFailure ??= { recorded, difference }
    }
  }
  return { passed, failed, skipped, ...(firstFailure && { firstFailure }) }
}

async function runCase(topology: string, recorded: Case): Promise<Difference | undefined> {
  try {
    return await replay(conformanceTopology(topology, recorded.params), recorded)
  } catch (error) {
    return {
      where: 'during the run',
      expected: 'no error',
      received: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }
  }
}

function report(
  { topology, cases }: VectorFile,
  { passed, failed, skipped, firstFailure }: FileResult,
  write: (line: string) => void,
): void {
  const ran = cases.length - skipped
  write(`${topology} ${passed}/${ran}${skipped > 0 ? ` (${skipped} skipped)` : ''}${failed > 0 ? `  ${failed} FAILED` : ''}`)
  if (firstFailure === undefined) return
  const { recorded, difference } = firstFailure
  write(`  ${recorded.case} ${JSON.stringify(recorded.params)}`)
  write(`    ${difference.where}${difference.step === undefined ? '' : ` (step ${difference.step})`}`)
  write(`      expected ${difference.expected}`)
  write(`      received ${difference.received}`)
}
