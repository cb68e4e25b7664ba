import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { startSystem } from '../../embedded/system.ts'
import { readConfiguration } from '../../configuration.ts'
import { createLogger } from '../../logger.ts'

export interface SystemUnderTest {
  readonly url: string
  readonly employee: { readonly username: string; readonly password: string }
  close(): Promise<void>
}

/** Builds the page and starts a bank that serves it. Every call starts a bank of its own. */
export async function startSystemUnderTest(): Promise<SystemUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'bob-pages-'))
  const pageDirectory = join(directory, 'page')
  await build({
    configFile: fileURLToPath(new URL('../../../web/vite.config.ts', import.meta.url)),
    build: { outDir: pageDirectory },
    logLevel: 'error',
  })
  const configuration = readConfiguration({ port: '0', data: join(directory, 'data') }, {})
  const system = await startSystem({ ...configuration, logger: createLogger('warn'), pageDirectory })
  return {
    url: system.api.url,
    employee: configuration.employee,
    async close() {
      await system.close()
      await rm(directory, { recursive: true })
    },
  }
}
