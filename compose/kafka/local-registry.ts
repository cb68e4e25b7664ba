import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { freePorts } from './free-ports.ts'
import { JavaProcess } from './java-process.ts'
import { findJava, MODEST } from './java.ts'

export interface LocalRegistryOptions {
  /** The registry's runnable jar. */
  readonly jar: string
  /** Of its log. */
  readonly directory: string
  /** Its settings. Default: what is registered lives in memory, and a version that could not read its predecessor's bytes is refused. */
  readonly environment?: Readonly<Record<string, string>>
  /** Default: any that is free. */
  readonly port?: number
}

const JAVA_VERSION = 21
const REFUSES_UNREADABLE = { APICURIO_RULES_GLOBAL_COMPATIBILITY: 'BACKWARD' }

/** An Apicurio registry as a process of this machine. */
export class LocalRegistry {
  /** Of its API that is compatible with Confluent's. */
  readonly url: string
  /** Where it says how it is doing. */
  readonly managementPort: number
  readonly #process: JavaProcess

  private constructor(url: string, managementPort: number, process: JavaProcess) {
    this.url = url
    this.managementPort = managementPort
    this.#process = process
  }

  /** Resolves when it answers. Throws `MissingToolError`. */
  static async start({ jar, directory, port, environment = REFUSES_UNREADABLE }: LocalRegistryOptions): Promise<LocalRegistry> {
    const java = await findJava(JAVA_VERSION)
    const [free = 0, management = 0] = await freePorts(2)
    await mkdir(directory, { recursive: true })
    const chosen = String(port ?? free)
    const process = await JavaProcess.start({
      java,
      environment,
      args: [
        '-Xmx512m',
        ...MODEST,
        '-Dquarkus.http.host=127.0.0.1',
        '-Dquarkus.management.host=127.0.0.1',
        `-Dquarkus.http.port=${chosen}`,
        `-Dquarkus.management.port=${management}`,
        '-jar',
        jar,
      ],
      directory: dirname(jar),
      logFile: join(directory, 'registry.log'),
      readyLines: [/Installed features/],
    })
    const url = `http://127.0.0.1:${chosen}/apis/ccompat/v7`
    return new LocalRegistry(url, management, process)
  }

  async stop(): Promise<void> {
    await this.#process.stop()
  }
}
