import { existsSync } from 'node:fs'
import { cp, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { readConfiguration } from '../configuration.ts'
import { startSystem } from '../embedded/system.ts'
import { createLogger } from '../logger.ts'
import { LoadGenerator } from '../run/load-generator.ts'

export interface FilledBankOptions {
  /** Transfers in the log of the bank. */
  readonly transfers: number
  /** Keeps filled banks, one folder per number of transfers. */
  readonly cache: string
  /** Becomes the data directory. */
  readonly target: string
  onProgress(transfers: number): void
}

const REPORT_EVERY = 10_000

/** Puts a bank with past transfers into a directory. It is made by a running bank, once; later calls copy it. */
export async function copyFilledBank({ transfers, cache, target, onProgress }: FilledBankOptions): Promise<void> {
  const filled = resolve(cache, `bank-${transfers}`)
  if (!existsSync(filled)) {
    const unfinished = `${filled}.unfinished`
    await rm(unfinished, { recursive: true, force: true })
    await mkdir(dirname(unfinished), { recursive: true })
    await fill(unfinished, transfers, onProgress)
    await rename(unfinished, filled)
  }
  await cp(filled, target, { recursive: true })
}

async function fill(dataDirectory: string, transfers: number, onProgress: (transfers: number) => void): Promise<void> {
  const configuration = { ...readConfiguration({ data: dataDirectory }), port: 0 }
  const system = await startSystem({ ...configuration, logger: createLogger('warn'), pageDirectory: dataDirectory })
  try {
    const { api, reader, ports } = system
    const generator = await LoadGenerator.open({ bus: api.bus, reader, ports, perSecond: 0 })
    for (let done = 0; done < transfers; done += REPORT_EVERY) {
      await generator.order(Math.min(REPORT_EVERY, transfers - done))
      onProgress(Math.min(transfers, done + REPORT_EVERY))
    }
  } finally {
    await system.close()
  }
}
