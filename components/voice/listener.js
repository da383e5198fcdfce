// Listens with the microphone, notices where speech begins and ends, sends it as WAV, plays the answer's sentences in
// order, and stops them when somebody speaks again. One instance for each place on a page.
const RATE = 16000
const FRAME_MS = 20
const BEFORE_MS = 300
const LONGEST_MS = 60000
const SHORTEST_MS = 240
// What is sent can be lost, and a clip's end too where the sound output stalls: neither is waited for without end.
const WATCH_MS = 500
const SEND_AGAIN_MS = 4000
const MOST_SENDS = 4
const DECODE_MS = 5000
const LATE_MS = 1500
const LEAVE_MS = 5000

const PROBLEMS = {
  insecure:
    "The browser gives the microphone only to pages on this machine (http://localhost) or over https. " +
    "Open Tandem on the machine it runs on, or put it behind https. Recordings can be uploaded all the same.",
  NotAllowedError:
    "The microphone is not allowed on this page. Click the icon to the left of the address, allow the microphone, " +
    "and press the button again.",
  NotFoundError: "No microphone was found. Connect one and press the button again, or upload a recording.",
  NotReadableError: "Another program is using the microphone. Close it there, and press the button again.",
  lost: "What you said could not be sent: the connection to Tandem is slow or gone. Say it again.",
  other: "The microphone could not be opened. Check it in the settings of the system, and press the button again.",
}

const WORKLET = `registerProcessor("tandem-frames", class extends AudioWorkletProcessor {
  process(inputs) {
    const channel = inputs[0] && inputs[0][0]
    if (channel) this.port.postMessage(channel.slice(0))
    return true
  }
})`

class Listener {
  constructor(root) {
    this.attach(root)
    this.isOn = false
    this.waiting = []
    this.frame = []
    this.before = []
    this.spoken = null
    this.floor = 0.004
    this.loudFrames = 0
    this.queue = []
    this.playing = null
    this.turn = null
    this.next = 0
    this.firstSound = null
    this.onKey = (event) => {
      const target = event.composedPath()[0]
      if (event.code !== "Space" || event.repeat || (target.closest && target.closest("input,textarea,button,a,select,[contenteditable],[role]"))) return
      event.preventDefault()
      this.press()
    }
    window.addEventListener("keydown", this.onKey)
    this.watch = setInterval(() => this.look(), WATCH_MS)
  }

  /** Draw into this place from now on. */
  attach(root) {
    const said = this.problem ? this.problem.textContent : ""
    this.root = root
    this.button = root.querySelector(".big")
    this.bar = root.querySelector(".meter div")
    this.meter = root.querySelector(".meter")
    this.stateLine = root.querySelector(".state")
    this.words = root.querySelector(".words")
    this.problem = root.querySelector(".problem")
    this.stages = root.querySelector(".stages")
    this.problem.textContent = said
  }

  render({ data, setTriggerValue, setStateValue }) {
    this.data = data
    this.send = setTriggerValue
    this.tell = setStateValue
    this.button.onclick = () => this.press()
    const turn = data.turn
    if (turn && this.turn !== turn.id && turn.id !== this.dropped) {
      this.turn = turn.id
      this.next = 0
      this.queue = []
      this.problem.textContent = ""
      if (!this.sent || !turn.utterance || turn.utterance === this.sent.id) this.sent = null
    }
    if (turn && turn.id === this.turn && turn.id !== this.dropped) {
      for (const clip of turn.clips) {
        if (clip.number < this.next) continue
        this.next = clip.number + 1
        this.queue.push(clip)
      }
      this.playNext()
      if (turn.stage === "nothing" && this.noted !== turn.id) {
        this.noted = turn.id
        this.floor = Math.max(this.floor, this.lastQuiet || 0)
      }
    }
    this.show()
  }

  async press() {
    if (!this.isOn) return this.open()
    if (this.data.mode === "push") {
      if (this.spoken) return this.finish(0)
      this.interrupt()
      this.begin()
      return this.show()
    }
    this.close()
  }

  async open() {
    this.problem.textContent = ""
    if (!window.isSecureContext || !navigator.mediaDevices) return this.fail("insecure")
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      })
    } catch (error) {
      return this.fail(PROBLEMS[error.name] ? error.name : "other")
    }
    this.context = this.context || new AudioContext()
    await this.context.resume()
    if (!this.hasWorklet) {
      const address = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }))
      await this.context.audioWorklet.addModule(address)
      URL.revokeObjectURL(address)
      this.hasWorklet = true
    }
    const source = this.context.createMediaStreamSource(this.stream)
    const rumble = new BiquadFilterNode(this.context, { type: "highpass", frequency: 90 })
    this.node = new AudioWorkletNode(this.context, "tandem-frames", { numberOfOutputs: 1 })
    this.node.port.onmessage = (event) => this.take(event.data)
    source.connect(rumble).connect(this.node)
    this.nodes = [source, rumble, this.node]
    this.isOn = true
    this.beep(660)
    if (this.data.mode === "push") this.begin()
    this.show()
  }

  close() {
    this.isOn = false
    this.spoken = null
    for (const node of this.nodes || []) node.disconnect()
    for (const track of (this.stream && this.stream.getTracks()) || []) track.stop()
    this.interrupt()
    this.level(0)
    this.beep(330)
    this.show()
  }

  dispose() {
    window.removeEventListener("keydown", this.onKey)
    clearInterval(this.watch)
    this.isOn = false
    this.stopSound()
    for (const track of (this.stream && this.stream.getTracks()) || []) track.stop()
    if (this.context) this.context.close()
  }

  fail(name) {
    this.problem.textContent = PROBLEMS[name]
    this.show()
  }

  // --- listening ---

  take(block) {
    if (!this.isOn) return
    this.waiting.push(...block)
    const step = this.context.sampleRate / RATE
    const wanted = Math.ceil((RATE * FRAME_MS * step) / 1000)
    while (this.waiting.length >= wanted) this.hear(shrunk(this.waiting.splice(0, wanted), step))
  }

  hear(frame) {
    let sum = 0
    for (const value of frame) sum += value * value
    const loudness = Math.sqrt(sum / frame.length)
    this.level(loudness)
    if (this.spoken) return this.follow(frame, loudness)
    if (!this.playing) this.floor += (Math.min(loudness, this.floor * 3 + 0.001) - this.floor) * 0.05
    this.before.push(frame)
    if (this.before.length > BEFORE_MS / FRAME_MS) this.before.shift()
    if (this.data.mode === "push") return
    const needed = this.playing ? 12 : 4
    const threshold = this.playing ? Math.max(0.03, this.floor * 5) : Math.max(0.01, this.floor * 3)
    this.loudFrames = loudness > threshold ? this.loudFrames + 1 : Math.max(0, this.loudFrames - 1)
    if (this.loudFrames < needed) return
    this.interrupt()
    this.begin()
    this.show()
  }

  begin() {
    this.spoken = { frames: [...this.before], quiet: 0, sums: [] }
    this.loudFrames = 0
  }

  follow(frame, loudness) {
    const spoken = this.spoken
    spoken.frames.push(frame)
    spoken.sums.push(loudness)
    const length = spoken.frames.length * FRAME_MS
    if (length > LONGEST_MS) return this.finish(0)
    if (this.data.mode === "push") return
    spoken.quiet = loudness < Math.max(0.008, this.floor * 2) ? spoken.quiet + FRAME_MS : 0
    if (spoken.quiet >= this.data.silence_ms) this.finish(spoken.quiet)
  }

  finish(quiet) {
    const { frames, sums } = this.spoken
    this.spoken = null
    this.before = []
    this.lastQuiet = [...sums].sort((a, b) => a - b)[Math.floor(sums.length / 2)] || 0
    const length = frames.length * FRAME_MS - quiet
    if (this.data.mode === "push") this.rest()
    if (length < SHORTEST_MS) return this.show()
    this.endedAt = performance.now() - quiet
    this.firstSound = null
    this.problem.textContent = ""
    this.beep(520)
    this.sent = { id: name(), wav: wav(frames), silence_ms: quiet, length_ms: length }
    this.sends = 0
    this.sendAgain()
    this.show()
  }

  sendAgain() {
    this.sends += 1
    this.sentAt = performance.now()
    this.send("utterance", this.sent)
  }

  // --- watching over what may be lost on the way ---

  look() {
    const now = performance.now()
    if (this.sent && now - this.sentAt > SEND_AGAIN_MS) {
      if (this.sends < MOST_SENDS) return this.sendAgain()
      this.sent = null
      return this.fail("lost")
    }
    const playing = this.playing
    if (playing && now > playing.until) {
      if (this.context.state !== "running") this.context.resume()
      if (playing.source) playing.source.stop()
      return this.goOn(playing)
    }
  }

  isWaiting() {
    const turn = this.data.turn
    return Boolean(this.sent || (turn && !turn.is_over && turn.id !== this.dropped))
  }

  goOn(playing) {
    if (this.playing !== playing) return
    this.playing = null
    this.playNext()
    this.show()
  }

  // Push to talk gives the microphone back after each turn.
  rest() {
    this.isOn = false
    for (const node of this.nodes || []) node.disconnect()
    for (const track of (this.stream && this.stream.getTracks()) || []) track.stop()
    this.level(0)
  }

  // --- playing ---

  async playNext() {
    if (this.playing || !this.queue.length || !this.context) return
    const clip = this.queue.shift()
    const playing = (this.playing = { clip, until: performance.now() + DECODE_MS })
    const turn = this.turn
    let sound
    try {
      sound = await this.context.decodeAudioData(bytes(clip.sound).buffer)
    } catch {
      return this.goOn(playing)
    }
    if (this.playing !== playing) return
    const source = new AudioBufferSourceNode(this.context, { buffer: sound })
    source.connect(this.context.destination)
    source.onended = () => this.goOn(playing)
    playing.source = source
    playing.until = performance.now() + 1000 * sound.duration + LATE_MS
    source.start()
    if (clip.number === 0 && this.endedAt) this.firstSound = (performance.now() - this.endedAt) / 1000
    this.tell("heard", { turn, number: clip.number, first_sound_s: this.firstSound })
    this.show()
  }

  stopSound() {
    this.queue = []
    if (this.playing && this.playing.source) this.playing.source.stop()
    this.playing = null
  }

  interrupt() {
    const turn = this.data.turn
    const isBusy = this.playing || this.queue.length || (turn && !turn.is_over && turn.id !== this.dropped)
    this.stopSound()
    if (!isBusy || !turn) return
    this.dropped = turn.id
    this.send("interrupted", turn.id)
  }

  beep(hertz) {
    if (!this.context) return
    const start = this.context.currentTime
    const tone = new OscillatorNode(this.context, { frequency: hertz })
    const volume = new GainNode(this.context, { gain: 0.06 })
    volume.gain.exponentialRampToValueAtTime(0.0005, start + 0.09)
    tone.connect(volume).connect(this.context.destination)
    tone.start(start)
    tone.stop(start + 0.1)
  }

  // --- showing ---

  level(loudness) {
    const share = Math.min(1, Math.sqrt(loudness) * 2.2)
    this.bar.style.width = `${Math.round(share * 100)}%`
    this.button.style.setProperty("--level", share.toFixed(2))
    this.meter.setAttribute("aria-valuenow", Math.round(share * 100))
  }

  show() {
    const turn = this.data.turn
    const isWaiting = this.isWaiting()
    this.button.setAttribute("aria-pressed", String(this.isOn))
    this.button.setAttribute("aria-label", this.label())
    this.button.classList.toggle("waits", Boolean(isWaiting && !this.spoken && !this.playing))
    const state = this.sentence(turn, isWaiting)
    if (this.stateLine.textContent !== state) this.stateLine.textContent = state
    this.words.textContent = this.spoken ? "" : this.playing ? this.playing.clip.text : turn ? turn.said : ""
    if (turn && turn.error) this.problem.textContent = turn.error
    this.showStages(turn)
  }

  label() {
    if (this.data.mode === "push") return this.spoken ? "Send what was said" : "Talk"
    return this.isOn ? "Stop listening" : "Start talking"
  }

  sentence(turn, isWaiting) {
    if (this.spoken) return this.data.mode === "push" ? "Recording. Press again to send." : "Listening to you"
    if (this.playing) return this.data.mode === "push" ? "Speaking" : "Speaking. Talk to interrupt."
    if (this.sent) return "Understanding what you said"
    if (isWaiting) return turn && turn.stage === "thinking" ? "Thinking" : turn && turn.stage === "speaking" ? "Speaking" : "Understanding what you said"
    if (turn && turn.stage === "nothing") return this.isOn ? "No words were heard. Say it again." : "No words were heard. Press and say it again."
    if (this.isOn) return "Listening. Just talk."
    return this.data.mode === "push" ? "Press and talk" : "Press once, then just talk"
  }

  showStages(turn) {
    const reached = turn ? [...turn.stages] : []
    if (reached.length && this.firstSound !== null) reached[3] = { ...reached[3], seconds: this.firstSound }
    const shown = JSON.stringify(reached)
    if (this.shownStages === shown) return
    this.shownStages = shown
    this.stages.replaceChildren(
      ...reached.map((stage, index) => {
        const item = document.createElement("li")
        const value = document.createElement("b")
        value.textContent = stage.seconds === null ? "–" : `${stage.seconds.toFixed(1)} s`
        item.className = stage.seconds === null ? "" : "reached"
        item.style.setProperty("--strength", String(0.4 + 0.2 * index))
        item.append(value, stage.label)
        return item
      })
    )
  }
}

function shrunk(samples, step) {
  const count = Math.floor(samples.length / step)
  const out = new Float32Array(count)
  for (let i = 0; i < count; i++) {
    const first = Math.floor(i * step)
    const last = Math.max(first + 1, Math.floor((i + 1) * step))
    let sum = 0
    for (let j = first; j < last; j++) sum += samples[j]
    out[i] = sum / (last - first)
  }
  return out
}

function wav(frames) {
  const length = frames.reduce((sum, frame) => sum + frame.length, 0)
  const view = new DataView(new ArrayBuffer(44 + 2 * length))
  const text = (at, value) => [...value].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)))
  text(0, "RIFF"); view.setUint32(4, 36 + 2 * length, true); text(8, "WAVEfmt ")
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true)
  view.setUint32(24, RATE, true); view.setUint32(28, 2 * RATE, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true)
  text(36, "data"); view.setUint32(40, 2 * length, true)
  let at = 44
  for (const frame of frames)
    for (const value of frame) {
      view.setInt16(at, Math.max(-1, Math.min(1, value)) * 32767, true)
      at += 2
    }
  const raw = new Uint8Array(view.buffer)
  let out = ""
  for (let i = 0; i < raw.length; i += 32768) out += String.fromCharCode(...raw.subarray(i, i + 32768))
  return btoa(out)
}

function name() {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
}

// The window keeps it: the page may load this program anew when it draws the listener anew.
const PLACE = Symbol.for("tandem-listener")

export default function (component) {
  const root = component.parentElement
  const listener = window[PLACE] || (window[PLACE] = new Listener(root))
  if (listener.root !== root) listener.attach(root)
  clearTimeout(listener.leaving)
  listener.render(component)
  return () => {
    if (listener.root !== root) return
    // Drawn anew in a moment, it goes on, and its microphone with it; else the page was left. Streamlit calls this for
    // what newer data overtook, too, while the place is still there.
    listener.leaving = setTimeout(() => {
      if (listener.root.isConnected) return
      listener.dispose()
      if (window[PLACE] === listener) delete window[PLACE]
    }, LEAVE_MS)
  }
}
