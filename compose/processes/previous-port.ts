import { readFile, writeFile } from 'node:fs/promises'

/**
 * Listens on the port recorded in the file, or on any free one, and records it. An instance that keeps its address needs no further rebalance to
 * announce a new one (DECISIONS 76).
 */
export async function listenOnPreviousPort<S extends { readonly url: string }>(
  file: string,
  listen: (port: number) => Promise<S>,
): Promise<S> {
  const previous = await readPort(file)
  const server = await listen(previous).catch((error: unknown) => {
    if (previous === 0 || !(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    return listen(0)
  })
  await writeFile(file, new URL(server.url).port)
  return server
}

/** 0 when there is no file, or no port number in it. */
async function readPort(file: string): Promise<number> {
  try {
    const port = Number(await readFile(file, 'utf8'))
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0
    throw error
  }
}
