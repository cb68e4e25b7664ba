import { onTestFinished } from 'vitest'
import { Application } from './application.ts'

/** An application for one test, closed after it. */
export async function openApplication(options: Parameters<typeof Application.open>[0]): Promise<Application> {
  const application = await Application.open(options)
  onTestFinished(() => application.close())
  return application
}
