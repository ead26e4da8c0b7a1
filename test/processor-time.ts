/** How long work takes of the processor, in ms: other work on the machine does not lengthen it. */
export function measureProcessor(work: () => void): number {
  const start = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1_000
}
