"""
The array side of the imaging engine `cupy`: Richardson-Lucy, deskew, resampling, projections and transfer functions on
arrays in (z, y, x) order, float32 throughout. One text for CuPy (an NVIDIA GPU) and NumPy (a CPU). It knows nothing of
files, headers, microscopes or command lines: sizes, weights and prepared point spread functions come from its caller.
"""
