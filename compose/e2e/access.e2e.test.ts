import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBrowser } from './support/browser.ts'
import { startSystemUnderTest } from './support/system.ts'
import type { SystemUnderTest } from './support/system.ts'
import { balanceIs, becomeClient, becomeEmployee, deposit, transfer, visit } from './support/visitor.ts'
import type { Visitor } from './support/visitor.ts'

const PATHS = ['/', '/client', '/employee', '/topology']
/** In pixels: enough for a long description that wraps on a narrow page. */
const MAX_ROW_HEIGHT = 300

let system: SystemUnderTest
let browser: Browser

beforeAll(async () => {
  system = await startSystemUnderTest()
  browser = await startBrowser()
})

afterAll(async () => {
  await browser.close()
  await system.close()
})

/** Visits every page as guest, client and employee, with everything unfolded, and yields a label for each state of the page. */
async function* everyPage(visitor: Visitor): AsyncGenerator<string> {
  const { page } = visitor
  for (const path of PATHS) {
    await page.goto(`${system.url}${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    yield `${path} as a guest`
  }
  await page.goto(system.url)
  await becomeClient(visitor)
  await deposit(visitor, 500, '€ 500,00')
  await transfer(
    visitor,
    'NL66OPEN0000000000',
    '9999999999',
    'a description as long as clients sometimes write, which must not break the layout of a narrow page, however it wraps',
  )
  await page.getByText('Failed', { exact: true }).waitFor()
  await transfer(visitor, 'NL66OPEN0000000000', '1', 'one')
  await balanceIs(page, '€ 499,00')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await page.getByText('Say what it is for.').waitFor()
  await unfold(page)
  yield '/client with an account'
  await page.getByRole('link', { name: 'Home' }).click()
  await page.locator('[data-sequence]').first().waitFor()
  await unfold(page)
  yield '/ with rows'
  await page.getByRole('button', { name: 'Sign out' }).click()
  await becomeEmployee(visitor, system.employee)
  await page
    .getByRole('button', { name: /^Follow / })
    .first()
    .click()
  yield '/employee with a followed account'
  await page.getByRole('link', { name: 'Topology' }).click()
  await page.locator('[data-instance]').first().waitFor()
  await unfold(page)
  yield '/topology as an employee'
}

async function unfold(page: Page): Promise<void> {
  for (const summary of await page.locator('summary').all()) await summary.click()
}

describe.each(['light', 'dark'] as const)('In %s', (colorScheme) => {
  it('axe finds no serious problem on any page', async () => {
    const visitor = await visit(browser, system.url, { colorScheme, reducedMotion: 'reduce' })
    for await (const label of everyPage(visitor)) {
      await visitor.page.evaluate(axe.source)
      const violationsFound = await visitor.page.evaluate(async () => {
        const checker = Reflect.get(window, 'axe')
        const { violations } = await checker.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })
        return violations.map((violation: { id: string; impact: string; nodes: Array<{ html: string }> }) => ({
          id: violation.id,
          impact: violation.impact,
          at: violation.nodes.map(({ html }) => html.slice(0, 160)),
        }))
      })
      expect(violationsFound, label).toEqual([])
    }
    expect(visitor.errors).toEqual([])
    await visitor.leave()
  })
})

it.each([360, 1280])('At %s pixels, no page scrolls sideways and no row is squeezed', async (width) => {
  const visitor = await visit(browser, system.url, { viewport: { width, height: 780 } })
  for await (const label of everyPage(visitor)) {
    expect(await visitor.page.evaluate(() => document.documentElement.scrollWidth), label).toBeLessThanOrEqual(width)
    const rows = await visitor.page
      .locator('[data-sequence], li[data-iban]')
      .evaluateAll((all) => all.map(({ clientHeight }) => clientHeight))
    expect(Math.max(0, ...rows), label).toBeLessThan(MAX_ROW_HEIGHT)
  }
  await visitor.leave()
})

it('A transfer can be made with the keyboard alone, and the focus is always visible', async () => {
  const visitor = await visit(browser, system.url)
  const { page, name } = visitor
  const { keyboard } = page
  await page.getByRole('heading', { level: 1 }).waitFor()

  await keyboard.press('Tab')
  expect(await focused(page)).toBe('Skip to content')
  await keyboard.press('Enter')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')

  await page.goto(system.url)
  await tabTo(page, 'Client')
  await keyboard.press('Enter')
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
  await tabTo(page, 'Name')
  await keyboard.type(name)
  await tabTo(page, 'Password')
  await keyboard.type('a long enough password')
  await tabTo(page, 'Sign up')
  await keyboard.press('Enter')
  await page.getByRole('button', { name: 'Open an account' }).waitFor()
  await tabTo(page, 'Open an account')
  await keyboard.press('Enter')
  await balanceIs(page, '€ 0,00')
  await tabTo(page, '€ 100')
  await keyboard.press('Space')
  await balanceIs(page, '€ 100,00')
  await tabTo(page, 'To (IBAN)')
  await keyboard.type('nl66 open 0000 0000 00')
  await tabTo(page, 'Amount in euros')
  await keyboard.type('12,5')
  await tabTo(page, 'Description')
  await keyboard.type('by keyboard')
  await keyboard.press('Enter')
  await balanceIs(page, '€ 87,50')
  await expect.poll(() => page.locator('[aria-live]').first().textContent()).toContain('Transfer completed')
  await tabTo(page, 'Sign out')
  await keyboard.press('Enter')
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  await visitor.leave()
})

it('With reduced motion nothing moves', async () => {
  const visitor = await visit(browser, system.url, { reducedMotion: 'reduce' })
  await visitor.page.locator('[data-sequence]').first().waitFor()
  expect(await visitor.page.evaluate(() => document.getAnimations().length)).toBe(0)
  expect(await visitor.page.getByRole('button', { name: 'Play' }).count()).toBe(1)
  await visitor.leave()
})

/** Presses Tab until the element is focused. The focus must be visible at every stop. */
async function tabTo(page: Page, label: string): Promise<void> {
  for (let stop = 0; stop < 120; stop += 1) {
    await page.keyboard.press('Tab')
    const shown = await page.evaluate(() => {
      const element = document.activeElement
      if (element === null || element === document.body) return true
      const { outlineStyle, outlineWidth } = getComputedStyle(element)
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
    })
    expect(shown, `the focus is visible on ${await focused(page)}`).toBe(true)
    if ((await focused(page)) === label) return
  }
  throw new Error(`The keyboard does not reach “${label}”.`)
}

function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    const text = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : element?.textContent
    return (text ?? '').replaceAll(/\s+/g, ' ').trim()
  })
}
