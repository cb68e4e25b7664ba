import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { runTool } from '../../kafka/run-tool.ts'

/** A service as docker-compose reads it, with whatever the files say for it together. */
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

/** A copy of the container files in that directory, with secrets of its own; answers where it is. */
export async function copyContainerFiles(directory: string): Promise<string> {
  const copy = join(directory, 'compose/containers')
  await mkdir(copy, { recursive: true })
  const names = ['compose.yaml', 'compose.development.yaml', 'compose.secure.yaml', 'nginx.conf', 'registry.properties', 'secrets.sh']
  for (const name of names) await cp(join(FILES, name), join(copy, name))
  await runTool(join(copy, 'secrets.sh'), [])
  return copy
}

/** What docker-compose makes of some of the files together. Rejects with its complaints. */
export async function compose(directory: string, ...files: readonly string[]): Promise<Composition> {
  const args = ['--project-directory', directory, ...files.flatMap((file) => ['-f', join(directory, file)]), 'config']
  const { stdout } = await runTool('docker-compose', args, directory)
  return parse(stdout) as Composition
}

/** Groups of services: each group depends on services of earlier ones alone. Throws `RangeError` when they wait for each other. */
export function startOrder(services: ComposedServices): readonly (readonly string[])[] {
  const order: string[][] = []
  for (let left = Object.keys(services).sort(); left.length > 0;) {
    const waiting = new Set(left)
    const next = left.filter((name) => Object.keys(services[name]?.depends_on ?? {}).every((other) => !waiting.has(other)))
    if (next.length === 0) throw new RangeError(`These wait for each other: ${left.join(', ')}.`)
    order.push(next)
    left = left.filter((name) => !next.includes(name))
  }
  return order
}
