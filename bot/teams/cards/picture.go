package cards

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"

	"golang.org/x/image/draw"
)

// The limits of pictures within a card.
const (
	maxSide     = 1024           // pixels, Teams'
	maxPicture  = 1 << 20        // bytes, Teams'
	maxPictures = 4              // ours, of a card
	maxAlbum    = 2 * maxPicture // ours, of all of a card's pictures
	maxDecoded  = 40_000_000     // pixels of a picture that is made smaller
)

// fitted is a PNG within Teams' limits: one of more pixels, as our charts are for sharp
// screens, is made smaller. It is false for what is no PNG, or cannot be made to fit.
func fitted(data []byte) ([]byte, bool) {
	config, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil || config.Width < 1 || config.Height < 1 || config.Width > maxDecoded/config.Height {
		return nil, false
	}
	if max(config.Width, config.Height) <= maxSide && len(data) <= maxPicture {
		return data, true
	}
	full, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, false
	}
	for side := maxSide; side >= maxSide/4; side = side * 3 / 4 {
		small, err := shrunk(full, side)
		if err == nil && len(small) <= maxPicture {
			return small, true
		}
	}
	return nil, false
}

// shrunk is a picture whose longer side is at most side.
func shrunk(full image.Image, side int) ([]byte, error) {
	w, h := full.Bounds().Dx(), full.Bounds().Dy()
	if longer := max(w, h); longer > side {
		w, h = max(w*side/longer, 1), max(h*side/longer, 1)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.CatmullRom.Scale(out, out.Bounds(), full, full.Bounds(), draw.Src, nil)
	var data bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&data, out)
	return data.Bytes(), err
}

const dataURI = "data:image/png;base64,"

// picture is the element that shows a PNG.
func picture(data []byte, alt string) element {
	return element{
		Type: "Image", URL: dataURI + base64.StdEncoding.EncodeToString(data), AltText: alt, Size: "Stretch", MSTeams: expanding{true},
	}
}

// album takes pictures as long as a card can hold them.
type album struct{ pictures, bytes int }

// take is a picture made to fit, or nil.
func (a *album) take(data []byte) []byte {
	if data == nil || a.pictures == maxPictures {
		return nil
	}
	data, ok := fitted(data)
	if !ok || a.bytes+len(data) > maxAlbum {
		return nil
	}
	a.pictures, a.bytes = a.pictures+1, a.bytes+len(data)
	return data
}
