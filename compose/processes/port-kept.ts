import { readFile, writeFile } from 'node:fs/promises'

/**
 * Listens where the process listened before, as the file says, or anywhere. An instance that comes back at the same address need not have the
 * others called together to hear of it.
 */
export async function listenAsBefore<S extends { readonly url: string }>(file: string, listen: (port: number) => Promise<S>): Promise<S> {
  const before = await portIn(file)
  const server = await listen(before).catch((error: unknown) => {
    if (before === 0 || !(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    return listen(0)
  })
  await writeFile(file, new URL(server.url).port)
  return server
}

async function portIn(file: string): Promise<number> {
  try {
    const port = Number(await readFile(file, 'utf8'))
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0
    throw error
  }
}
