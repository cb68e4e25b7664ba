import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { startStandIn } from './stand-in-bank.ts'
import type { StandIn } from './stand-in-bank.ts'

/** What the page tests run against: the page as it is now, freshly built, and a bank behind it. Each call is a bank of its own. */
export async function startSystem(): Promise<StandIn> {
  const directory = await mkdtemp(join(tmpdir(), 'bob-page-'))
  await build({
    configFile: fileURLToPath(new URL('../../vite.config.ts', import.meta.url)),
    build: { outDir: directory },
    logLevel: 'error',
  })
  const bank = await startStandIn(directory)
  return {
    ...bank,
    async close() {
      await bank.close()
      await rm(directory, { recursive: true })
    },
  }
}
