const boards = new WeakMap()

export default function (component) {
  const { data, parentElement, setStateValue } = component
  const find = (name) => parentElement.querySelector("." + name)
  const picture = find("picture"), paint = find("paint")
  let board = boards.get(parentElement)
  if (!board) {
    board = { strokes: [], source: "", erasing: false }
    boards.set(parentElement, board)
  }
  const pen = paint.getContext("2d")

  function redraw() {
    pen.clearRect(0, 0, paint.width, paint.height)
    for (const stroke of board.strokes) {
      pen.globalCompositeOperation = stroke.erases ? "destination-out" : "source-over"
      pen.strokeStyle = pen.fillStyle = "#e11d48"
      pen.lineCap = pen.lineJoin = "round"
      pen.lineWidth = stroke.width
      pen.beginPath()
      if (stroke.points.length === 1) {
        pen.arc(stroke.points[0][0], stroke.points[0][1], stroke.width / 2, 0, 2 * Math.PI)
        pen.fill()
        continue
      }
      stroke.points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)))
      pen.stroke()
    }
    pen.globalCompositeOperation = "source-over"
  }

  function tell() {
    const seen = pen.getImageData(0, 0, paint.width, paint.height)
    let painted = false
    for (let i = 3; i < seen.data.length; i += 4) {
      const free = seen.data[i] > 64
      painted ||= free
      seen.data[i - 3] = seen.data[i - 2] = seen.data[i - 1] = 0
      seen.data[i] = free ? 0 : 255
    }
    if (!painted) return setStateValue("mask", null)
    const mask = document.createElement("canvas")
    mask.width = paint.width
    mask.height = paint.height
    mask.getContext("2d").putImageData(seen, 0, 0)
    setStateValue("mask", mask.toDataURL("image/png"))
  }

  function place(event) {
    const box = paint.getBoundingClientRect()
    return [((event.clientX - box.left) * paint.width) / box.width, ((event.clientY - box.top) * paint.height) / box.height]
  }

  if (board.source !== data.picture) {
    board.source = data.picture
    board.strokes = []
    picture.onload = () => {
      paint.width = picture.naturalWidth
      paint.height = picture.naturalHeight
      redraw()
    }
    picture.src = data.picture
  }

  paint.onpointerdown = (event) => {
    paint.setPointerCapture(event.pointerId)
    const width = (Number(find("size").value) / 100) * Math.max(paint.width, paint.height)
    board.stroke = { points: [place(event)], width, erases: board.erasing }
    board.strokes.push(board.stroke)
    redraw()
  }
  paint.onpointermove = (event) => {
    if (!board.stroke) return
    board.stroke.points.push(place(event))
    redraw()
  }
  paint.onpointerup = paint.onpointercancel = () => {
    if (!board.stroke) return
    board.stroke = null
    tell()
  }
  find("erase").onclick = () => {
    board.erasing = !board.erasing
    find("erase").setAttribute("aria-pressed", String(board.erasing))
  }
  find("undo").onclick = () => {
    board.strokes.pop()
    redraw()
    tell()
  }
  find("clear").onclick = () => {
    board.strokes = []
    redraw()
    tell()
  }
}
