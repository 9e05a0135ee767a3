import fabric.functions as fn

udf = fn.UserDataFunctions()
