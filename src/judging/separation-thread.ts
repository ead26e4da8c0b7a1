/** Measures one separation and ends; see `reportSeparation`. */
import { parentPort, workerData } from 'node:worker_threads'
import { measureSeparation } from './separation.ts'

parentPort?.postMessage(measureSeparation(workerData))
