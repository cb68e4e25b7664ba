import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { freePorts } from './free-ports.ts'
import { JavaProcess } from './java-process.ts'
import { findJava } from './java.ts'

export interface LocalRegistryOptions {
  /** The registry's runnable jar. */
  readonly jar: string
  /** Of its log; what is registered lives in memory. */
  readonly directory: string
  /** Default: any that is free. */
  readonly port?: number
}

const JAVA_VERSION = 21

/** An Apicurio registry as a process of this machine. It refuses versions that could not read their predecessor's bytes. */
export class LocalRegistry {
  /** Of its API that is compatible with Confluent's. */
  readonly url: string
  readonly #process: JavaProcess

  private constructor(url: string, process: JavaProcess) {
    this.url = url
    this.#process = process
  }

  /** Resolves when it answers. Throws `MissingToolError`. */
  static async start({ jar, directory, port }: LocalRegistryOptions): Promise<LocalRegistry> {
    const java = await findJava(JAVA_VERSION)
    const [free, management] = await freePorts(2)
    await mkdir(directory, { recursive: true })
    const chosen = String(port ?? free)
    const process = await JavaProcess.start({
      java,
      args: [
        '-Xmx512m',
        '-Dquarkus.http.host=127.0.0.1',
        `-Dquarkus.http.port=${chosen}`,
        `-Dquarkus.management.port=${management}`,
        '-jar',
        jar,
      ],
      directory: dirname(jar),
      logFile: join(directory, 'registry.log'),
      readyLine: /Installed features/,
    })
    const url = `http://127.0.0.1:${chosen}/apis/ccompat/v7`
    try {
      await setBackward(url)
      return new LocalRegistry(url, process)
    } catch (error) {
      await process.kill()
      throw error
    }
  }

  async stop(): Promise<void> {
    await this.#process.stop()
  }
}

/** Its global level reads NONE until it is set. */
async function setBackward(url: string): Promise<void> {
  const answer = await fetch(`${url}/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ compatibility: 'BACKWARD' }),
  })
  if (!answer.ok) throw new Error(`The registry did not take its compatibility level: ${answer.status} ${await answer.text()}`)
}
