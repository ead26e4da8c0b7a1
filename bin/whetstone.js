#!/usr/bin/env -S node --max-semi-space-size=8
// The flag spares a server about 70 MB: young objects get less room, and are collected more often.
// Plain JavaScript of an old kind: a Node that is too old must be able to read this far and say so.
var version = process.versions.node
if (Number(version.split('.')[0]) < 24) {
  process.stderr.write(
    'Whetstone needs Node.js 24 or newer; this is v' +
      version +
      '. Run it through npm (npm run …), which brings its own, or install Node 24.\n',
  )
  process.exitCode = 1
} else {
  Promise.all([import('node:module'), import('node:url')])
    .then(([module, url]) => {
      // Compiling takes a third of a command's start. A folder that cannot be written to means no cache, nothing else.
      module.enableCompileCache(url.fileURLToPath(new URL('../node_modules/.cache/whetstone', import.meta.url)))
      return import('../src/cli/main.ts')
    })
    .then(main => main.runCli(process.argv))
}
