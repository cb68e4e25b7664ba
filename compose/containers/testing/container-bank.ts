import { join } from 'node:path'
import { writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import { runTool } from '../../kafka/run-tool.ts'
import type { Engine } from './engine.ts'

/** What the engine knows of a container. */
export interface ContainerState {
  readonly Name: string
  readonly RestartCount: number
  readonly HostConfig: { readonly LogConfig: unknown }
  readonly State: {
    readonly Status: string
    readonly ExitCode: number
    readonly OOMKilled: boolean
    readonly Pid: number
    readonly StartedAt: string
  }
}

export interface ContainerBankOptions {
  readonly engine: Engine
  /** Directory of the compose files. */
  readonly files: string
  readonly project: string
  readonly overrides: readonly string[]
}

const STOP_TIMEOUT_S = '60'

/** The compose files in an engine, with images that are there already. */
export class ContainerBank {
  readonly #options: ContainerBankOptions

  constructor(options: ContainerBankOptions) {
    this.#options = options
  }

  /** Creates and starts what is missing, in order, each service after its dependencies are healthy. */
  async up(...args: readonly string[]): Promise<void> {
    const { files, overrides } = this.#options
    const bob = ['topics', 'processor', 'api', ...(overrides.includes('compose.secure.yaml') ? ['access'] : [])]
    const services = Object.fromEntries([...bob.map((name) => [name, { image: 'bob:ci' }]), ['web', { image: 'web:ci' }]])
    await writeFile(join(files, 'images.yaml'), stringify({ services }))
    await this.#compose('up', '--detach', '--no-build', ...args)
  }

  async stop(): Promise<void> {
    await this.#compose('stop', '--timeout', STOP_TIMEOUT_S)
  }

  async down(): Promise<void> {
    await this.#compose('down', '--volumes', '--timeout', STOP_TIMEOUT_S)
  }

  /** Of one service, or of all, including those that have ended. */
  async containers(service?: string): Promise<readonly ContainerState[]> {
    const { engine, project } = this.#options
    const filters = [
      `label=com.docker.compose.project=${project}`,
      ...(service === undefined ? [] : [`label=com.docker.compose.service=${service}`]),
    ]
    const ids = await engine.docker('ps', '--all', '--quiet', ...filters.flatMap((filter) => ['--filter', filter]))
    if (ids === '') return []
    return JSON.parse(await engine.docker('inspect', ...ids.split('\n'))) as readonly ContainerState[]
  }

  async running(service?: string): Promise<readonly ContainerState[]> {
    return (await this.containers(service)).filter(({ State }) => State.Status === 'running')
  }

  /** What a shell in the container prints. */
  sh({ Name }: ContainerState, script: string): Promise<string> {
    return this.#options.engine.docker('exec', Name.slice(1), 'sh', '-c', script)
  }

  async #compose(...args: readonly string[]): Promise<void> {
    const { engine, files, project, overrides } = this.#options
    const chosen = ['compose.yaml', ...overrides, 'images.yaml'].flatMap((file) => ['--file', file])
    await runTool('docker-compose', ['--project-name', project, ...chosen, ...args], files, { DOCKER_HOST: engine.host })
  }
}
