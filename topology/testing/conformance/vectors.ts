import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** Recorded behaviour of Kafka Streams for one topology. */
export interface VectorFile {
  readonly format: number
  readonly kafka: string
  readonly seed: number
  readonly topology: string
  readonly cases: readonly Case[]
}

export interface Case {
  readonly case: string
  readonly params: Params
  readonly inputs: readonly Step[]
  /** Per sink topic, in order: key, value, timestamp, and the input step during which it was written. */
  readonly outputs: Readonly<Record<string, readonly OutputRow[]>>
  readonly stores: Readonly<Record<string, readonly (readonly Json[])[]>>
}

export type Step = readonly [topic: string, key: Json, value: Json, timestamp: number] | { readonly advanceWallClockMs: number }

export type OutputRow = readonly [key: Json, value: Json, timestamp: number, step: number]

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

export type Params = Readonly<Record<string, string | number | boolean>>

/** All vector files (`.json`, `.json.gz`) of a folder, by name. Throws an `Error` that names a file which is not a vector file. */
export async function readVectors(dir: string): Promise<readonly VectorFile[]> {
  const names = (await readdir(dir)).filter((name) => /\.json(\.gz)?$/.test(name) && !name.startsWith('index.')).sort()
  return Promise.all(names.map((name) => readVectorFile(join(dir, name))))
}

async function readVectorFile(path: string): Promise<VectorFile> {
  const bytes = await readFile(path)
  const file = JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as VectorFile
  if (file.format !== 1 || !Array.isArray(file.cases)) throw new Error(`${path} holds no vectors of format 1`)
  return file
}
