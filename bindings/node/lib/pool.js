// Threads that call libsonic.
//
// The text of an error belongs to the thread on which the call failed, so a call and the reading of its error must not be
// two trips to a thread pool: each worker here makes both in one go. It also decodes on a stack of its own size, and
// leaves the four threads that Node has for files and names alone. A worker has one request at a time; the rest wait
// here, where they can be cancelled.

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { SonicError, invalid } from "./errors.js";
import { openLibrary } from "./library.js";
import { functionsOf } from "./native.js";
import { Watch, handlesOf } from "./watch.js";

const settings = { library: undefined, workers: Math.min(Math.max(availableParallelism(), 2), 8) };
/** The library once it is open; it stays so. */
let opened;
/** Every worker that lives, and the task that it has. */
const workers = new Map();
const queue = [];

/**
 * Says where libsonic is, and how many threads may call it. Only before the first call.
 * @param {{ library?: string, workers?: number }} options
 */
export function configure({ library = settings.library, workers: count = settings.workers } = {}) {
  if (library !== undefined && typeof library !== "string") throw new TypeError("library must be a path");
  if (!Number.isInteger(count) || count < 1 || count > 64) throw invalid("workers must be a whole number, 1 to 64");
  if (opened) throw invalid("libsonic is in use already: call configure first");
  Object.assign(settings, { library, workers: count });
}

function library() {
  opened ??= openLibrary(settings.library);
  return opened;
}

/** The version of libsonic. */
export function version() {
  return native().version();
}

/** The functions that the main thread calls: they take no time. */
let quick;

function native() {
  quick ??= functionsOf(library().library);
  return quick;
}

/**
 * Has a worker make `call`. `ended` is called once nothing of it runs any more, which after a cancellation may be
 * later than the promise is rejected.
 */
export function run(call, values, { signal, onProgress, transfer = [], ended = () => {} } = {}) {
  const caller = {};
  Error.captureStackTrace(caller, run);
  return new Promise((resolve, reject) => {
    try {
      library();
      signal?.throwIfAborted();
    } catch (error) {
      ended();
      throw error;
    }
    const watch = signal || onProgress ? new Watch(native(), { signal, onProgress }, reject) : undefined;
    const task = { call, values, transfer, resolve, reject, ended, signal, watch, caller };
    task.cancel = () => cancel(task);
    signal?.addEventListener("abort", task.cancel, { once: true });
    queue.push(task);
    next();
  });
}

/** A task that waits is dropped. One that runs is cancelled; its promise does not wait for that. */
function cancel(task) {
  const place = queue.indexOf(task);
  if (place >= 0) {
    queue.splice(place, 1);
    task.watch.end(false);
    task.ended();
  } else {
    task.watch.cancel();
  }
  task.reject(task.signal.reason);
}

function next() {
  while (queue.length > 0) {
    const worker = idle() ?? (workers.size < settings.workers ? start() : undefined);
    if (!worker) return;
    const task = queue.shift();
    workers.set(worker, task);
    worker.ref();
    worker.postMessage({ call: task.call, values: task.values, watch: handlesOf(task.watch) }, task.transfer);
    task.values = task.transfer = undefined;
    task.watch?.begin();
  }
}

function idle() {
  for (const [worker, task] of workers) if (task === undefined) return worker;
  return undefined;
}

function start() {
  const worker = new Worker(new URL("./worker.js", import.meta.url), {
    workerData: { library: library().path },
    name: "sonic",
    // The program's own flags, such as hooks that load its modules, are not for us.
    execArgv: [],
  });
  workers.set(worker, undefined);
  worker.on("message", (answer) => finish(worker, answer));
  worker.on("error", (error) => lose(worker, error));
  worker.on("exit", () => lose(worker));
  return worker;
}

function finish(worker, { value, error }) {
  const task = workers.get(worker);
  workers.set(worker, undefined);
  worker.unref();
  settle(task, error === undefined, (t) => (error ? t.reject(rebuilt(error, t.caller)) : t.resolve(value)));
  next();
}

function lose(worker, cause) {
  if (!workers.has(worker)) return;
  const task = workers.get(worker);
  workers.delete(worker);
  const error = new SonicError("internal", "a thread of sonic ended: please report it", { cause });
  if (task) settle(task, false, (t) => t.reject(error));
  next();
}

function settle(task, finished, how) {
  task.signal?.removeEventListener("abort", task.cancel);
  task.watch?.end(finished);
  task.ended();
  how(task);
}

/** The error of a worker, as if it had been thrown where the call was made. */
function rebuilt({ kind, message, cause, retryAfterMs }, caller) {
  const options = cause === undefined ? {} : { cause };
  const error = new SonicError(kind, message, { ...options, retryAfterMs });
  error.stack = `${error}${caller.stack.slice(caller.stack.indexOf("\n"))}`;
  return error;
}
