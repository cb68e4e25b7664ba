import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { runTool } from '../../kafka/run-tool.ts'

/** A service after docker-compose has merged the files. */
export interface ComposedService {
  readonly environment?: Readonly<Record<string, string>>
  readonly command?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: 'service_healthy' | 'service_completed_successfully' }>>
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean }
  readonly deploy?: { readonly replicas?: number }
  readonly image?: string
  readonly build?: { readonly target?: string }
  readonly user?: string
  readonly restart?: string
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly mem_limit?: string
  readonly tmpfs?: readonly string[]
  readonly logging?: { readonly driver: string; readonly options: Readonly<Record<string, string>> }
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly secrets?: readonly { readonly source: string }[]
}

export type ComposedServices = Readonly<Record<string, ComposedService>>

export interface Composition {
  readonly services: ComposedServices
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>
}

const FILES = fileURLToPath(new URL('..', import.meta.url))

/** Copies the container files into the directory, generates secrets there, and returns the path of the copy. */
export async function copyContainerFiles(directory: string): Promise<string> {
  const copy = join(directory, 'compose/containers')
  await mkdir(copy, { recursive: true })
  const names = [
    'compose.yaml',
    'compose.development.yaml',
    'compose.secure.yaml',
    'kafka-log4j2.properties',
    'nginx.conf',
    'registry.properties',
    'secrets.sh',
  ]
  for (const name of names) await cp(join(FILES, name), join(copy, name))
  await runTool(join(copy, 'secrets.sh'), [])
  return copy
}

/** The configuration that docker-compose merges from the files. Rejects with its error output. */
export async function compose(directory: string, ...files: readonly string[]): Promise<Composition> {
  const args = ['--project-directory', directory, ...files.flatMap((file) => ['-f', join(directory, file)]), 'config']
  const { stdout } = await runTool('docker-compose', args, directory)
  return parse(stdout) as Composition
}

/** Groups of services, each of which depends on earlier groups only. Throws `RangeError` on a dependency cycle. */
export function startOrder(services: ComposedServices): readonly (readonly string[])[] {
  const order: string[][] = []
  for (let pending = Object.keys(services).sort(); pending.length > 0;) {
    const unstarted = new Set(pending)
    const next = pending.filter((name) => Object.keys(services[name]?.depends_on ?? {}).every((other) => !unstarted.has(other)))
    if (next.length === 0) throw new RangeError(`The services depend on each other in a cycle: ${pending.join(', ')}.`)
    order.push(next)
    pending = pending.filter((name) => !next.includes(name))
  }
  return order
}
