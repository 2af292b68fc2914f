"""Writes OpenCvReferences.txt: small frames, and what OpenCV makes of them.

Needs Debian's python3-opencv. Run in this folder: python3 opencv_references.py > OpenCvReferences.txt
Each line: format, width, height, quarter turns clockwise, mirror (0 or 1), the frame and OpenCV's interleaved RGB, both in base64.
"""
import base64

import cv2
import numpy

random = numpy.random.default_rng(13)
print(f"# Made by opencv_references.py with OpenCV {cv2.__version__}.")


def noise(*shape):
    return random.integers(0, 256, shape, dtype=numpy.uint8)


def case(name, width, height, frame, code, turns=0, mirror=False):
    picture = cv2.cvtColor(frame, code) if code is not None else frame
    if turns:
        picture = cv2.rotate(picture, [cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE][turns - 1])
    if mirror:
        picture = cv2.flip(picture, 1)
    encoded = (base64.b64encode(numpy.ascontiguousarray(data).tobytes()).decode() for data in (frame, picture))
    print(name, width, height, turns, int(mirror), *encoded)


WIDTH, HEIGHT = 22, 14
PLANAR = {"Nv12": cv2.COLOR_YUV2RGB_NV12, "Nv21": cv2.COLOR_YUV2RGB_NV21, "I420": cv2.COLOR_YUV2RGB_I420}
PACKED = {"Yuyv": cv2.COLOR_YUV2RGB_YUY2, "Uyvy": cv2.COLOR_YUV2RGB_UYVY}
for name, code in PLANAR.items():
    case(name, WIDTH, HEIGHT, noise(HEIGHT * 3 // 2, WIDTH), code)
for name, code in PACKED.items():
    case(name, WIDTH, HEIGHT, noise(HEIGHT, WIDTH, 2), code)
case("Gray8", 9, 7, noise(7, 9), cv2.COLOR_GRAY2RGB)
case("Rgb24", 9, 7, noise(7, 9, 3), None)
case("Bgr24", 9, 7, noise(7, 9, 3), cv2.COLOR_BGR2RGB)
case("Rgba32", 9, 7, noise(7, 9, 4), cv2.COLOR_RGBA2RGB)
case("Bgra32", 9, 7, noise(7, 9, 4), cv2.COLOR_BGRA2RGB)
for turns in range(4):
    for mirror in (False, True):
        case("Bgr24", 5, 3, noise(3, 5, 3), cv2.COLOR_BGR2RGB, turns, mirror)
        case("Nv12", 6, 4, noise(6, 6), cv2.COLOR_YUV2RGB_NV12, turns, mirror)
