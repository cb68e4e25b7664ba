import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']
const FOLDERS = ['/usr/bin', '/usr/local/bin', '/snap/bin', '/opt/google/chrome']

/** Starts the installed Chromium. Throws if there is none, so that no test is skipped silently. */
export function startBrowser(): Promise<Browser> {
  const executablePath = FOLDERS.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(runs)
  if (executablePath === undefined)
    throw new Error(
      `The page tests need Chromium, and there is none in ${FOLDERS.join(delimiter)}. Install it: apt-get install -y chromium.`,
    )
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
