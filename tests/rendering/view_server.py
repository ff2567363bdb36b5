"""Renders what is asked for on its standard input; Blender crashes and prints in here alone.

A request is a pickle of (renderer, mesh, source, views), `views` being lists of arguments of
`render`; the answer one of a list of renderings, or an exception.
"""

import pickle
import sys

from keypointnet_tf.rendering.scenes import open_scene


def answer(renderer, mesh, source, views):
    scene = open_scene(renderer, mesh, source)
    return [scene.render(pose, **options) for pose, options in views]


if __name__ == "__main__":
    while True:
        try:
            request = pickle.load(sys.stdin.buffer)
        except EOFError:
            break
        try:
            reply = answer(*request)
        except Exception as error:
            reply = error
        pickle.dump(reply, sys.stdout.buffer)
        sys.stdout.buffer.flush()
