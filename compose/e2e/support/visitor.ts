import { expect } from 'vitest'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

/** A user with a browser context of their own. */
export interface Visitor {
  readonly page: Page
  readonly name: string
  /** Uncaught errors and error messages on the console, such as blocked content. */
  readonly errors: readonly string[]
  leave(): Promise<void>
}

const PASSWORD = 'a long enough password'
let visitors = 0

export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    // The browser itself logs a lost connection, which some tests cause on purpose.
    if (message.type() === 'error' && !message.text().includes('net::ERR_')) errors.push(message.text())
  })
  await page.goto(url)
  visitors += 1
  return { page, name: `visitor-${process.pid}-${Date.now()}-${visitors}`, errors, leave: () => context.close() }
}

/** Signs up, opens an account and returns its IBAN. */
export async function becomeClient({ page, name }: Visitor): Promise<string> {
  await page.getByRole('link', { name: 'Client' }).click()
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.getByRole('button', { name: 'Open an account' }).click()
  const card = page.getByRole('group', { name: 'Your accounts' }).getByRole('button').first()
  return (await card.getAttribute('data-iban')) ?? ''
}

export async function becomeEmployee({ page }: Visitor, { username, password }: { username: string; password: string }): Promise<void> {
  await page.getByRole('link', { name: 'Employee' }).click()
  await page.getByLabel('Name').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'All accounts' }).waitFor()
}

/** Deposits a banknote of `euros` and waits for the expected balance. */
export async function deposit({ page }: Visitor, euros: number, balance: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^€\\s${euros}$`) }).click()
  await balanceIs(page, balance)
}

export async function transfer({ page }: Visitor, to: string, amount: string, description: string): Promise<void> {
  await page.getByLabel('To (IBAN)').fill(to)
  await page.getByLabel('Amount in euros').fill(amount)
  await page.getByRole('textbox', { name: 'Description' }).fill(description)
  await page.getByRole('button', { name: 'Send', exact: true }).click()
}

export async function balanceIs(page: Page, balance: string): Promise<void> {
  await page
    .getByTestId('balance')
    .and(page.getByText(balance, { exact: true }))
    .waitFor()
}

/** The sequence numbers of the visible rows, newest first. */
export function sequences(page: Page): Promise<number[]> {
  return page.locator('[data-sequence]').evaluateAll((rows) => rows.map((row) => Number(row.getAttribute('data-sequence'))))
}

/** Expects every sequence number from the newest down to 1, each once. */
export function expectNoGaps(numbers: readonly number[]): void {
  expect(numbers).toEqual(Array.from({ length: numbers[0] ?? 0 }, (_, index) => numbers.length - index))
}
